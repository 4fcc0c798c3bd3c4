/** One pipeline's part of the page: canvas, blocks, figures. */
import * as format from "./format.js";
import { newPainter } from "./painter.js";

const TITLES = { pool: "Pool", fresh: "Fresh arrays" };
const STATIONS = { source: "source", grade: "colour grade", edges: "edges", canvas: "canvas" };

const CANVAS_COLOUR = 3;

export function newPanel(kind, template) {
  const root = template.content.cloneNode(true).firstElementChild;
  root.dataset.kind = kind;
  root.setAttribute("aria-label", TITLES[kind]);
  root.querySelector("h2").textContent = TITLES[kind];
  return new Panel(root, kind);
}

class Panel {
  #cells = [];
  #counts = [];
  #painter;

  constructor(root, kind) {
    this.root = root;
    this.kind = kind;
  }

  /** Canvas, cells and stations for other settings. */
  prepare({ width, height, blocks, transforms }, painting) {
    this.#painter?.end();
    this.#painter = newPainter(this.root.querySelector("canvas"), width, height, painting);
    this.#painter.canvas.setAttribute(
      "aria-label",
      `Frames of the ${TITLES[this.kind].toLowerCase()} pipeline: moving lines of light`,
    );
    this.#cells = Array.from({ length: blocks }, () => document.createElement("i"));
    this.root.querySelector(".cells").replaceChildren(...this.#cells);
    const stations = ["source", ...transforms].map((name, i) => this.#station(name, i));
    stations.push(this.#station("canvas", CANVAS_COLOUR));
    this.root.querySelector(".stations").replaceChildren(...stations);
    this.#counts = stations.map((station) => station.querySelector("b"));
    this.show(
      stations.map(() => 0),
      { state: "not chosen" },
      true,
    );
  }

  get copies() {
    return this.#painter.copies;
  }

  paint(frame) {
    this.#painter.paint(frame);
  }

  /** `held`: frames at each station; `figures`: by the names in the template. */
  show(held, figures, rests) {
    this.root.toggleAttribute("data-rests", rests);
    this.#showCells(held);
    for (const place of this.root.querySelectorAll("[data-figure]")) {
      const text = figures[place.dataset.figure] ?? format.NONE;
      if (place.textContent !== text) place.textContent = text;
    }
  }

  #showCells(held) {
    const stations = held.flatMap((frames, station) => Array(frames).fill(station));
    this.#cells.forEach((cell, i) => {
      if (i < stations.length) cell.dataset.station = this.#colourOf(stations[i]);
      else delete cell.dataset.station;
    });
    held.forEach((frames, station) => (this.#counts[station].textContent = frames));
    const used = Math.min(stations.length, this.#cells.length);
    this.root.querySelector(".cells").setAttribute("aria-label", `${used} of ${this.#cells.length} in use`);
  }

  /** The canvas has the same colour however many transforms are before it. */
  #colourOf(station) {
    return station === this.#counts.length - 1 ? CANVAS_COLOUR : station;
  }

  #station(name, colour) {
    const item = document.createElement("li");
    item.dataset.station = colour;
    item.append(`${STATIONS[name]} `, document.createElement("b"));
    return item;
  }
}

/** The figures of a meter, as text. */
export function figuresOf(meter, { kind, blocks, used, waits, collections, state }) {
  return {
    state,
    frames: format.rate(meter.framesPerSecond),
    megabytes: format.megabytes(meter.bytesPerSecond),
    p50: format.milliseconds(meter.latency(50)),
    p99: format.milliseconds(meter.latency(99)),
    max: format.milliseconds(meter.latency(100)),
    used: format.count(used),
    blocks: format.count(blocks),
    waits: format.percent(waits),
    gap: format.milliseconds(meter.longestGapMs || undefined),
    allocated: format.megabytes(kind === "fresh" ? meter.bytesPerSecond : 0),
    collections: format.count(collections),
    sum: meter.checksumDone ? meter.sum.toString(16).padStart(8, "0") : format.NONE,
    passed: format.count(meter.passed),
    torn: format.count(meter.torn),
    outOfOrder: format.count(meter.outOfOrder),
  };
}
