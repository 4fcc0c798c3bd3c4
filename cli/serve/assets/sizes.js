/** How many blocks there are of each size. */
import { at, h, keyed, say, svg } from "./dom.js";
import { bytes, holder as nameOf, number, short, size } from "./words.js";

const kClassMax = 65536; // larger blocks have any size: a bar for each quarter of a doubling
const kLabelWidth = 64,
  kEdges = { left: 66, right: 8, top: 12, bottom: 26 };

function barOf(bytesOfBlock) {
  if (bytesOfBlock <= kClassMax) return bytesOfBlock;
  const step = 2 ** (Math.floor(Math.log2(bytesOfBlock - 1)) - 2);
  return Math.ceil(bytesOfBlock / step) * step;
}

export class Sizes {
  #sizes = [];

  constructor() {
    this.place = at("histogram");
    new ResizeObserver(() => this.draw()).observe(this.place);
    for (const input of document.querySelectorAll("[name=measure]"))
      input.addEventListener("change", () => this.draw());
    at("size-holder").addEventListener("change", () => this.draw());
  }

  show({ sizes }) {
    this.#sizes = sizes;
    const names = [...new Set(sizes.map((row) => nameOf({ name: row.holder, kind: row.kind })))];
    keyed(
      at("size-holder"),
      ["all", ...names],
      (name) => name,
      (name) => h("option", { value: name === "all" ? "" : name }, name),
      () => {},
    );
    this.draw();
  }

  #bars() {
    const wanted = at("size-holder").value,
      bars = new Map();
    for (const row of this.#sizes) {
      if (wanted && nameOf({ name: row.holder, kind: row.kind }) !== wanted) continue;
      const key = barOf(row.block_bytes);
      const bar = bars.get(key) ?? { size: key, live_bytes: 0, live_blocks: 0, cached_blocks: 0, free_blocks: 0 };
      for (const figure of ["live_bytes", "live_blocks", "cached_blocks", "free_blocks"]) bar[figure] += row[figure];
      bars.set(key, bar);
    }
    return [...bars.values()].sort((a, b) => a.size - b.size);
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (width === 0) return;
    const measure = document.querySelector("[name=measure]:checked").value;
    const bars = this.#bars(),
      isBytes = measure === "live_bytes",
      format = isBytes ? bytes : short;
    const root = svg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": describe(bars, measure, format),
    });
    if (bars.length > 0) drawBars(root, bars, measure, format, width, height);
    else
      root.append(
        svg("text", { class: "note middle", x: width / 2, y: height / 2 }, "no heap or slab allocator has a block"),
      );
    this.place.replaceChildren(root);
    keyed(
      at("size-rows"),
      bars,
      (bar) => bar.size,
      () => h("tr", {}, h("th", { scope: "row" }), ...Array.from({ length: 4 }, () => h("td"))),
      (row, bar) =>
        [
          size(bar.size),
          bytes(bar.live_bytes),
          number(bar.live_blocks),
          number(bar.cached_blocks),
          number(bar.free_blocks),
        ].forEach((text, i) => say(row.children[i], text)),
    );
  }
}

function describe(bars, measure, format) {
  const most = bars.reduce((a, b) => (b[measure] > a[measure] ? b : a), { [measure]: -1 });
  return bars.length === 0
    ? "No blocks"
    : `${bars.length} sizes; most in blocks of ${size(most.size)}: ${format(most[measure])}. The table below has all of them.`;
}

function drawBars(root, bars, measure, format, width, height) {
  const most = Math.max(...bars.map((bar) => bar[measure]), 1);
  const step = (width - kEdges.left - kEdges.right) / bars.length;
  const floor = height - kEdges.bottom,
    y = (value) => floor - ((floor - kEdges.top) * value) / most;
  for (const share of [0, 0.25, 0.5, 0.75, 1])
    root.append(
      svg("line", {
        class: "grid",
        x1: kEdges.left,
        x2: width - kEdges.right,
        y1: y(most * share),
        y2: y(most * share),
      }),
      svg("text", { class: "tick end", x: kEdges.left - 8, y: y(most * share) + 4 }, format(most * share)),
    );
  const labelled = Math.ceil(kLabelWidth / step);
  bars.forEach((bar, i) => {
    const x = kEdges.left + i * step,
      gap = Math.min(6, step * 0.18);
    root.append(
      svg(
        "g",
        {},
        svg("rect", { class: "hit", x, y: kEdges.top, width: step, height: floor - kEdges.top }),
        svg("rect", {
          class: "solid s1",
          x: x + gap / 2,
          width: Math.max(step - gap, 1),
          y: y(bar[measure]),
          height: floor - y(bar[measure]),
          rx: Math.min(3, step / 4),
        }),
        svg("title", {}, `${size(bar.size)}: ${bytes(bar.live_bytes)} live in ${number(bar.live_blocks)} blocks`),
      ),
    );
    if (i % labelled === 0)
      root.append(svg("text", { class: "tick middle", x: x + step / 2, y: height - 7 }, size(bar.size)));
  });
}
