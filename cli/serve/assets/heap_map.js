/**
 * The heap map: one level on a canvas, a selected item, ways in and out. The selection is kept by address, so that it stays where it is when
 * the picture is taken anew.
 */
import * as api from "./api.js";
import { at, h, keyed, say } from "./dom.js";
import { extentLevel, kUseWords, memoryLevel, slabLevel, unpack } from "./map_levels.js";
import { kHolderColours, kSteps, kUseColours, Pen } from "./map_pen.js";
import { bytes, count, holder as nameOf, size } from "./words.js";

const kFrame = () => ({ width: at("map-frame").clientWidth, height: at("map-frame").clientHeight });
const kPinch = 1.35; // two fingers so much farther apart, or closer, are a step
const kWheelStep = 120; // as one notch of a wheel
const kZoomMilliseconds = 180;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class HeapMap {
  #pid = null;
  #map = null;
  #extent = null; // address of the one that is looked at; null: all
  #slab = null; // likewise
  #level = null;
  #selected = 0;
  #blocks = null; // what the server said of the slab
  #pointers = new Map();
  #pinch = null;
  #wheel = 0;
  #picture = 0;

  constructor() {
    this.canvas = at("map-canvas");
    this.colours = Pen.colours();
    new ResizeObserver(() => this.#draw()).observe(at("map-frame"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = Pen.colours();
      this.#draw();
    });
    for (const input of document.querySelectorAll("[name=colour]"))
      input.addEventListener("change", () => this.#draw());
    this.#listen();
  }

  /** Reads the map, and the slab that is looked at. */
  async refresh(pid) {
    if (pid !== this.#pid) this.#leave(pid);
    const map = unpack(await api.map(pid));
    const slab = this.#slab && (await this.#read(pid));
    if (pid !== this.#pid) return;
    this.#map = map;
    if (this.#slab && slab) this.#blocks = slab;
    this.#show();
  }

  #leave(pid) {
    this.#pid = pid;
    this.#map = this.#extent = this.#slab = this.#blocks = null;
    this.#selected = 0;
  }

  // A slab may be given back while it is looked at: its last picture stays, and the words say so.
  async #read(pid) {
    try {
      const slab = await api.slab(pid, this.#slab);
      this.isStale = false;
      return slab;
    } catch (error) {
      if (error.status !== 404) throw error;
      this.isStale = true;
      return null;
    }
  }

  #show() {
    if (!this.#map) return;
    const extent = this.#map.extents.find(({ address }) => address === this.#extent);
    if (!extent) this.#extent = this.#slab = this.#blocks = null;
    this.#level = this.#blocks
      ? slabLevel(this.#blocks)
      : extent
        ? extentLevel(this.#map, extent)
        : memoryLevel(this.#map);
    this.#selected = Math.min(this.#selected, Math.max(this.#level.items.length - 1, 0));
    this.#draw();
    this.#crumbs();
  }

  // --- drawing --------------------------------------------------------------------------------------------------------------------

  #draw() {
    if (!this.#level) return;
    const { width, height } = kFrame();
    const scale = devicePixelRatio,
      tall = Math.max(this.#level.lay(width - 4, height - 6) + 4, 60);
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(tall * scale)) {
      Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(tall * scale) });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${tall}px` });
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, tall);
    context.translate(2, 2);
    const pen = new Pen(context, this.colours, {
      by: document.querySelector("[name=colour]:checked").value,
      ranks: this.#map.ranks,
    });
    for (const title of this.#level.titles ?? []) pen.title(title);
    for (const item of this.#level.items) this.#level.paint(pen, item);
    const selected = this.#level.items[this.#selected];
    for (const box of selected?.boxes ?? []) pen.select(box);
    this.#describe();
    this.#legend(pen);
    this.canvas.dataset.level = this.#level.name;
  }

  #describe() {
    const item = this.#level.items[this.#selected];
    const parts = [];
    if (this.isStale && this.#slab) parts.push("This slab was given back since; this is its last picture.");
    if (this.#level.summary) parts.push(this.#level.summary);
    parts.push(item ? this.#level.words(item) : "No heap has memory.");
    if (this.#level.name === "memory" && this.#map.huge.length > 0)
      parts.push(
        `Beside the extents: ${count(this.#map.huge.length, "block")} with a mapping of its own, ${bytes(this.#map.huge.reduce((sum, block) => sum + block.bytes, 0))}.`,
      );
    if (this.#map.cut_short) parts.push("There are more extents than are drawn.");
    say(at("map-detail"), parts.join(" "));
  }

  #legend(pen) {
    const entries =
      this.#level.name === "slab"
        ? useLegend(this.#level.items, pen.colours)
        : pen.by === "use"
          ? shareLegend(pen.colours)
          : this.#holderLegend(pen.colours);
    if (this.#level.name !== "slab")
      entries.push(["hatched", null, "free, still resident"], ["outlined", null, "free, without pages"]);
    keyed(
      at("map-legend"),
      entries,
      ([, , text]) => text,
      ([style, , text]) => h("li", {}, h("span", { class: `swatch ${style}` }), text),
      (element, [, colour]) => (element.firstChild.style.background = colour ?? ""),
    );
  }

  #holderLegend(colours) {
    const named = this.#map.ranks.filter((holder) => this.#map.held[holder] > 0);
    const entries = named
      .slice(0, kHolderColours.length)
      .map((holder, rank) => [
        "",
        Pen.holderColour(colours, rank),
        `${nameOf(this.#map.holders[holder])}, ${bytes(this.#map.held[holder])}`,
      ]);
    if (named.length > kHolderColours.length)
      entries.push(["", colours.c0, `${named.length - kHolderColours.length} others`]);
    return entries;
  }

  #crumbs() {
    const steps = [["All memory", () => this.#out("memory")]];
    if (this.#extent) steps.push([`Extent ${this.#extent}`, () => this.#out("extent")]);
    if (this.#blocks) steps.push([`Slab of ${size(this.#blocks.block_bytes)} blocks`, () => {}]);
    keyed(
      at("crumbs"),
      steps.map(([text, go], i) => ({ text, go, isLast: i === steps.length - 1 })),
      ({ text }) => text,
      ({ text, go }) => h("li", {}, h("button", { type: "button", onclick: () => (go(), this.canvas.focus()) }, text)),
      (element, { isLast }) =>
        isLast
          ? element.firstChild.setAttribute("aria-current", "location")
          : element.firstChild.removeAttribute("aria-current"),
    );
  }

  // --- moving ---------------------------------------------------------------------------------------------------------------------

  async #in() {
    const item = this.#level?.items[this.#selected];
    if (!item || this.#level.name === "slab") return;
    const from = item.boxes[0],
      before = this.#picture;
    if (this.#level.name === "memory") {
      this.#extent = item.address;
    } else {
      if (item.what !== "slab" && item.what !== "large") return;
      this.#slab = item.address;
      const slab = await this.#read(this.#pid).catch(() => null);
      if (!slab || this.#slab !== item.address || before !== this.#picture) return void (this.#slab = null);
      this.#blocks = slab;
    }
    ++this.#picture;
    this.#selected = 0;
    this.#show();
    this.#grow(from);
  }

  #out(level) {
    const wanted = level ?? (this.#blocks ? "extent" : "memory");
    const left = this.#blocks ? this.#slab : this.#extent;
    if (this.#level?.name === "memory" || wanted === this.#level?.name) return;
    const inner = wanted === "memory" ? this.#extent : left;
    this.#slab = this.#blocks = null;
    if (wanted === "memory") this.#extent = null;
    ++this.#picture;
    this.#show();
    this.#select(this.#level.items.findIndex(({ address }) => address === inner));
  }

  #select(index) {
    if (index < 0 || index >= this.#level.items.length || index === this.#selected) return;
    this.#selected = index;
    this.#draw();
    const [{ y, h: high }] = this.#level.items[index].boxes,
      frame = at("map-frame");
    if (y < frame.scrollTop) frame.scrollTop = y - 4;
    if (y + high + 4 > frame.scrollTop + frame.clientHeight) frame.scrollTop = y + high + 8 - frame.clientHeight;
  }

  // What is looked at grows from where it was.
  #grow({ x, y, w, h: high }) {
    if (calm.matches) return;
    const { width, height } = this.canvas.getBoundingClientRect();
    this.canvas.animate(
      [
        {
          transformOrigin: "0 0",
          transform: `translate(${x}px, ${y}px) scale(${w / width}, ${high / height})`,
          opacity: 0.3,
        },
        { transformOrigin: "0 0", transform: "none", opacity: 1 },
      ],
      { duration: kZoomMilliseconds, easing: "ease-out" },
    );
  }

  // --- keys, mouse, fingers -------------------------------------------------------------------------------------------------------

  #listen() {
    this.canvas.addEventListener("keydown", (event) => this.#onKey(event));
    this.canvas.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => this.#onDown(event));
    this.canvas.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"])
      this.canvas.addEventListener(end, (event) => this.#onUp(event));
  }

  #onKey(event) {
    if (!this.#level || event.ctrlKey || event.altKey || event.metaKey) return;
    const rows = (count) =>
      this.#level.move(
        this.#selected,
        this.#level.name === "memory" ? count * this.#level.columns : count,
        this.#level.columns,
      );
    const keys = {
      ArrowLeft: () => this.#select(this.#selected - 1),
      ArrowRight: () => this.#select(this.#selected + 1),
      ArrowUp: () => this.#select(rows(-1)),
      ArrowDown: () => this.#select(rows(1)),
      Home: () => this.#select(0),
      End: () => this.#select(this.#level.items.length - 1),
      Enter: () => this.#in(),
      "+": () => this.#in(),
      "=": () => this.#in(),
      " ": () => this.#in(),
      Escape: () => this.#out(),
      "-": () => this.#out(),
      Backspace: () => this.#out(),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  // The page scrolls as ever unless the map has the focus, or fingers on a touchpad pinch, which browsers tell as a wheel with Control.
  #onWheel(event) {
    if (!event.ctrlKey && document.activeElement !== this.canvas) return;
    event.preventDefault();
    this.#wheel += event.ctrlKey ? event.deltaY * 4 : event.deltaY;
    if (Math.abs(this.#wheel) < kWheelStep) return;
    const isIn = this.#wheel < 0;
    this.#wheel = 0;
    if (isIn) this.#select(this.#under(event));
    isIn ? this.#in() : this.#out();
  }

  #onDown(event) {
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) this.#pinch = this.#distance();
    this.press = this.#pointers.size === 1 ? { x: event.clientX, y: event.clientY } : null;
  }

  #onMove(event) {
    if (this.#pointers.has(event.pointerId)) this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) return this.#onPinch(event);
    if (event.pointerType === "mouse") this.#tip(event);
  }

  #onPinch(event) {
    const ratio = this.#pinch === null ? 1 : this.#distance() / this.#pinch;
    if (ratio < kPinch && ratio > 1 / kPinch) return;
    this.#pinch = null;
    if (ratio > 1) (this.#select(this.#under(event)), this.#in());
    else this.#out();
  }

  #onUp(event) {
    const isClick =
      event.type === "pointerup" &&
      this.press &&
      Math.hypot(event.clientX - this.press.x, event.clientY - this.press.y) < 8;
    this.#pointers.delete(event.pointerId);
    if (event.type === "pointerleave") at("map-tip").hidden = true;
    if (!isClick) return;
    this.press = null;
    const index = this.#under(event);
    if (index < 0) return;
    this.#select(index);
    at("map-tip").hidden = true;
    this.#in();
  }

  #distance() {
    const [a, b] = [...this.#pointers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  }

  #under(event) {
    const { left, top } = this.canvas.getBoundingClientRect(),
      x = event.clientX - left - 2,
      y = event.clientY - top - 2;
    return (
      this.#level?.items.findIndex(({ boxes }) =>
        boxes?.some((box) => x >= box.x && x < box.x + box.w + 3 && y >= box.y && y < box.y + box.h + 3),
      ) ?? -1
    );
  }

  #tip(event) {
    const tip = at("map-tip"),
      item = this.#level?.items[this.#under(event)],
      frame = at("map-frame");
    tip.hidden = !item;
    if (!item) return;
    say(tip, this.#level.words(item));
    const { left, top, width, height } = frame.getBoundingClientRect();
    const x = event.clientX - left,
      y = event.clientY - top;
    tip.style.left = `${Math.max(0, Math.min(x + 14, width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${(y + 20 + tip.offsetHeight > height ? y - tip.offsetHeight - 12 : y + 20) + frame.scrollTop}px`;
  }
}

function shareLegend(colours) {
  return kSteps.map((_, i) => [
    "",
    Pen.useColour(colours, i),
    `${(100 * i) / kSteps.length}–${(100 * (i + 1)) / kSteps.length} % live`,
  ]);
}

function useLegend(items, colours) {
  const met = new Set(items.map(({ use }) => use));
  return Object.keys(kUseWords)
    .filter((use) => met.has(use))
    .map((use) => [
      use === "free" ? "hatched" : use === "uncarved" ? "outlined" : "",
      use in kUseColours ? colours[kUseColours[use]] : null,
      kUseWords[use],
    ]);
}
