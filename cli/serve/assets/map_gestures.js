/**
 * Keys, mouse and fingers on the heap map, as the few deeds that they mean: `key(name)`, which says whether it was of use, `point(event)`,
 * `in()`, `out()`, and `hint(event)`, of what lies under the mouse or, with null, of nothing.
 */
const kPinch = 1.35; // two fingers so much farther apart, or closer, are a step
const kWheelStep = 120; // as one notch of a wheel
const kClickSlack = 8; // pixels

export class MapGestures {
  #pointers = new Map();
  #pinch = null; // how far apart two fingers were; null: they have made their step
  #press = null;
  #wheel = 0;

  constructor(canvas, deeds) {
    Object.assign(this, { canvas, deeds });
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    canvas.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#onDown(event));
    canvas.addEventListener("pointermove", (event) => this.#onMove(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"])
      canvas.addEventListener(end, (event) => this.#onUp(event));
  }

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (this.deeds.key(event.key)) event.preventDefault();
  }

  // The page scrolls as ever unless the map has the focus, or fingers on a touchpad pinch, which browsers tell as a wheel with Control.
  #onWheel(event) {
    if (!event.ctrlKey && document.activeElement !== this.canvas) return;
    event.preventDefault();
    this.#wheel += event.ctrlKey ? event.deltaY * 4 : event.deltaY;
    if (Math.abs(this.#wheel) < kWheelStep) return;
    const isIn = this.#wheel < 0;
    this.#wheel = 0;
    if (isIn) (this.deeds.point(event), this.deeds.in());
    else this.deeds.out();
  }

  #onDown(event) {
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) this.#pinch = this.#distance();
    this.#press = this.#pointers.size === 1 ? { x: event.clientX, y: event.clientY } : null;
  }

  #onMove(event) {
    if (this.#pointers.has(event.pointerId)) this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) this.#onPinch(event);
    else if (event.pointerType === "mouse") this.deeds.hint(event);
  }

  #onPinch(event) {
    const ratio = this.#pinch === null ? 1 : this.#distance() / this.#pinch;
    if (ratio < kPinch && ratio > 1 / kPinch) return;
    this.#pinch = null;
    if (ratio > 1) (this.deeds.point(event), this.deeds.in());
    else this.deeds.out();
  }

  #onUp(event) {
    const press = this.#press;
    this.#pointers.delete(event.pointerId);
    if (event.type === "pointerleave") this.deeds.hint(null);
    if (event.type !== "pointerup" || !press) return;
    if (Math.hypot(event.clientX - press.x, event.clientY - press.y) >= kClickSlack) return;
    this.#press = null;
    if (!this.deeds.point(event)) return;
    this.deeds.hint(null);
    this.deeds.in();
  }

  #distance() {
    const [a, b] = [...this.#pointers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  }
}
