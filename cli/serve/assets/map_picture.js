/** One level of the heap map on its canvas: what is drawn, what lies under a point, and the words beside the mouse. */
import { at, h, keyed, say } from "./dom.js";
import { legendOf } from "./map_legend.js";
import { Pen } from "./map_pen.js";

const kZoomMilliseconds = 180;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class MapPicture {
  #drawn = null; // {level, map, selected}

  constructor() {
    this.canvas = at("map-canvas");
    this.frame = at("map-frame");
    this.tip = at("map-tip");
    this.colours = Pen.colours();
    new ResizeObserver(() => this.#paint()).observe(this.frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours = Pen.colours();
      this.#paint();
    });
    for (const input of document.querySelectorAll("[name=colour]"))
      input.addEventListener("change", () => this.#paint());
  }

  draw(level, map, selected) {
    this.#drawn = { level, map, selected };
    this.#paint();
  }

  #paint() {
    if (!this.#drawn) return;
    const { level, map, selected } = this.#drawn;
    const pen = new Pen(this.#blank(level), this.colours, {
      by: document.querySelector("[name=colour]:checked").value,
      ranks: map.ranks,
    });
    for (const title of level.titles ?? []) pen.title(title);
    for (const item of level.items) level.paint(pen, item);
    for (const box of level.items[selected]?.boxes ?? []) pen.select(box);
    this.#legend(pen);
    this.canvas.dataset.level = level.name;
  }

  /** The canvas, empty and as large as the level needs. */
  #blank(level) {
    const { clientWidth: width, clientHeight: height } = this.frame;
    const scale = devicePixelRatio,
      tall = Math.max(level.lay(width - 4, height - 6) + 4, 60);
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(tall * scale)) {
      Object.assign(this.canvas, { width: Math.round(width * scale), height: Math.round(tall * scale) });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${tall}px` });
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, tall);
    context.translate(2, 2);
    return context;
  }

  #legend(pen) {
    const { level, map } = this.#drawn;
    keyed(
      at("map-legend"),
      legendOf(level, map, pen),
      ([, , text]) => text,
      ([style, , text]) => h("li", {}, h("span", { class: `swatch ${style}` }), text),
      (element, [, colour]) => (element.firstChild.style.background = colour ?? ""),
    );
  }

  /** The index of the item under the mouse or finger; -1: none. */
  under({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect(),
      x = clientX - left - 2,
      y = clientY - top - 2;
    return (
      this.#drawn?.level.items.findIndex(({ boxes }) =>
        boxes?.some((box) => x >= box.x && x < box.x + box.w + 3 && y >= box.y && y < box.y + box.h + 3),
      ) ?? -1
    );
  }

  scrollTo(index) {
    const [{ y, h: high }] = this.#drawn.level.items[index].boxes,
      { frame } = this;
    if (y < frame.scrollTop) frame.scrollTop = y - 4;
    if (y + high + 4 > frame.scrollTop + frame.clientHeight) frame.scrollTop = y + high + 8 - frame.clientHeight;
  }

  /** What is looked at grows from where it was. */
  growFrom({ x, y, w, h: high }) {
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

  /** Says what is under the mouse; without an event, nothing. */
  hint(event) {
    const item = event && this.#drawn?.level.items[this.under(event)];
    this.tip.hidden = !item;
    if (!item) return;
    say(this.tip, this.#drawn.level.words(item));
    const { left, top, width, height } = this.frame.getBoundingClientRect();
    const x = event.clientX - left,
      y = event.clientY - top,
      { offsetWidth, offsetHeight } = this.tip;
    this.tip.style.left = `${Math.max(0, Math.min(x + 14, width - offsetWidth - 4))}px`;
    this.tip.style.top = `${(y + 20 + offsetHeight > height ? y - offsetHeight - 12 : y + 20) + this.frame.scrollTop}px`;
  }
}
