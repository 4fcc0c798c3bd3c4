/**
 * Lines over time. Drawn here and not by a library: two lines of 600 points need none, and what builds cenote then needs no npm.
 */
import { svg } from "./dom.js";
import { clock } from "./words.js";

const kEdges = { left: 66, right: 12, top: 10, bottom: 24 };

/** Round numbers up to `most`; of bytes: 1, 2, 4, 8 ... of a power of 1024's tenths are none. */
function ticks(most, isBinary) {
  if (most <= 0) return [0];
  const rough = most / 4;
  const base = isBinary ? 2 ** Math.floor(Math.log2(rough)) : 10 ** Math.floor(Math.log10(rough));
  const step = (isBinary ? [1, 2] : [1, 2, 5, 10]).map((times) => times * base).find((candidate) => candidate >= rough);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

export class Timeline {
  /** `series`: [{name, colour, of(sample)}]; a sample has a `time` in milliseconds. */
  constructor(place, series, format, { isBinary = false, label }) {
    Object.assign(this, { place, series, format, isBinary, label, samples: [], pointer: null });
    new ResizeObserver(() => this.draw()).observe(place);
    place.addEventListener("pointermove", (event) => {
      this.pointer = event.offsetX;
      this.draw();
    });
    place.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.draw();
    });
  }

  show(samples) {
    this.samples = samples;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (width === 0) return;
    const all = this.samples;
    const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.describe() });
    if (all.length > 1) this.fill(root, all, width, height);
    else
      root.append(
        svg("text", { class: "note middle", x: width / 2, y: height / 2 }, "the first points come in a moment"),
      );
    this.place.replaceChildren(root);
  }

  describe() {
    const last = this.samples.at(-1);
    if (!last) return this.label;
    return `${this.label}: ${this.series.map(({ name, of }) => `${name} ${this.format(of(last))}`).join(", ")}`;
  }

  fill(root, all, width, height) {
    const from = all[0].time,
      to = Math.max(all.at(-1).time, from + 1000);
    const most = 1.08 * Math.max(...all.flatMap((sample) => this.series.map(({ of }) => of(sample))), 1);
    const x = (time) => kEdges.left + ((width - kEdges.left - kEdges.right) * (time - from)) / (to - from);
    const y = (value) => height - kEdges.bottom - ((height - kEdges.top - kEdges.bottom) * value) / most;
    for (const tick of ticks(most, this.isBinary)) {
      root.append(
        svg("line", { class: "grid", x1: kEdges.left, x2: width - kEdges.right, y1: y(tick), y2: y(tick) }),
        svg("text", { class: "tick end", x: kEdges.left - 8, y: y(tick) + 4 }, this.format(tick)),
      );
    }
    root.append(
      svg("text", { class: "tick", x: kEdges.left, y: height - 5 }, clock(from)),
      svg("text", { class: "tick end", x: width - kEdges.right, y: height - 5 }, clock(to)),
    );
    for (const { colour, of } of this.series) {
      const points = all.map((sample) => `${x(sample.time).toFixed(1)},${y(of(sample)).toFixed(1)}`);
      root.append(
        svg("polygon", {
          class: `area s${colour}`,
          points: `${x(from)},${y(0)} ${points.join(" ")} ${x(all.at(-1).time)},${y(0)}`,
        }),
        svg("polyline", { class: `line s${colour}`, points: points.join(" ") }),
      );
    }
    if (this.pointer !== null) this.cross(root, all, x, y, height, width);
  }

  cross(root, all, x, y, height, width) {
    const near = all.reduce((a, b) =>
      Math.abs(x(b.time) - this.pointer) < Math.abs(x(a.time) - this.pointer) ? b : a,
    );
    const place = x(near.time),
      isRight = place > width / 2;
    root.append(svg("line", { class: "cross", x1: place, x2: place, y1: kEdges.top, y2: height - kEdges.bottom }));
    for (const { colour, of } of this.series)
      root.append(svg("circle", { class: `dot s${colour}`, cx: place, cy: y(of(near)), r: 4 }));
    [clock(near.time), ...this.series.map(({ name, of }) => `${name} ${this.format(of(near))}`)].forEach((text, i) =>
      root.append(
        svg("text", { class: isRight ? "end" : "", x: place + (isRight ? -9 : 9), y: kEdges.top + 14 + 17 * i }, text),
      ),
    );
  }
}
