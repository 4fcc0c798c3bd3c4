/**
 * The heap map: which level is looked at, which item is selected, ways in and out. The selection is kept by address, so that it stays where
 * it is when the picture is taken anew.
 */
import * as api from "./api.js";
import { at, h, keyed, say } from "./dom.js";
import { MapGestures } from "./map_gestures.js";
import { extentLevel, memoryLevel, slabLevel, unpack } from "./map_levels.js";
import { MapPicture } from "./map_picture.js";
import { bytes, count, size } from "./words.js";

export class HeapMap {
  #pid = null;
  #map = null;
  #extent = null; // address of the one that is looked at; null: all
  #slab = null; // likewise
  #level = null;
  #selected = 0;
  #blocks = null; // what the server said of the slab
  #isStale = false; // it was given back since
  #steps = 0;
  #picture = new MapPicture();

  constructor() {
    new MapGestures(this.#picture.canvas, {
      key: (name) => this.#onKey(name),
      point: (event) => this.#point(event),
      in: () => this.#in(),
      out: () => this.#out(),
      hint: (event) => this.#picture.hint(event),
    });
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
      this.#isStale = false;
      return slab;
    } catch (error) {
      if (error.status !== 404) throw error;
      this.#isStale = true;
      return null;
    }
  }

  // --- showing --------------------------------------------------------------------------------------------------------------------

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

  #draw() {
    this.#picture.draw(this.#level, this.#map, this.#selected);
    say(at("map-detail"), this.#words().join(" "));
  }

  #words() {
    const item = this.#level.items[this.#selected];
    const parts = [];
    if (this.#isStale && this.#slab) parts.push("This slab was given back since; this is its last picture.");
    if (this.#level.summary) parts.push(this.#level.summary);
    parts.push(item ? this.#level.words(item) : "No heap has memory.");
    if (this.#level.name === "memory" && this.#map.huge.length > 0)
      parts.push(
        `Beside the extents: ${count(this.#map.huge.length, "block")} with a mapping of its own, ${bytes(this.#map.huge.reduce((sum, block) => sum + block.bytes, 0))}.`,
      );
    if (this.#map.cut_short) parts.push("There are more extents than are drawn.");
    return parts;
  }

  #crumbs() {
    const steps = [["All memory", () => this.#out("memory")]];
    if (this.#extent) steps.push([`Extent ${this.#extent}`, () => this.#out("extent")]);
    if (this.#blocks) steps.push([`Slab of ${size(this.#blocks.block_bytes)} blocks`, () => {}]);
    keyed(
      at("crumbs"),
      steps.map(([text, go], i) => ({ text, go, isLast: i === steps.length - 1 })),
      ({ text }) => text,
      ({ text, go }) =>
        h("li", {}, h("button", { type: "button", onclick: () => (go(), this.#picture.canvas.focus()) }, text)),
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
      before = this.#steps;
    if (this.#level.name === "memory") {
      this.#extent = item.address;
    } else {
      if (item.what !== "slab" && item.what !== "large") return;
      this.#slab = item.address;
      const slab = await this.#read(this.#pid).catch(() => null);
      if (!slab || this.#slab !== item.address || before !== this.#steps) return void (this.#slab = null);
      this.#blocks = slab;
    }
    ++this.#steps;
    this.#selected = 0;
    this.#show();
    this.#picture.growFrom(from);
  }

  #out(level) {
    const wanted = level ?? (this.#blocks ? "extent" : "memory");
    const left = this.#blocks ? this.#slab : this.#extent;
    if (this.#level?.name === "memory" || wanted === this.#level?.name) return;
    const inner = wanted === "memory" ? this.#extent : left;
    this.#slab = this.#blocks = null;
    if (wanted === "memory") this.#extent = null;
    ++this.#steps;
    this.#show();
    this.#select(this.#level.items.findIndex(({ address }) => address === inner));
  }

  #select(index) {
    if (index < 0 || index >= this.#level.items.length || index === this.#selected) return;
    this.#selected = index;
    this.#draw();
    this.#picture.scrollTo(index);
  }

  /** Whether there is anything under the mouse or finger, which is selected then. */
  #point(event) {
    const index = this.#picture.under(event);
    if (index >= 0) this.#select(index);
    return index >= 0;
  }

  #onKey(name) {
    if (!this.#level) return false;
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
    if (!(name in keys)) return false;
    keys[name]();
    return true;
  }
}
