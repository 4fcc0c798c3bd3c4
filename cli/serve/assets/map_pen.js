/** Colours and strokes of the heap map, in the page's colours, light and dark. */
import { shareOf } from "./map_levels.js";

export const kSteps = [0.18, 0.36, 0.56, 0.78, 1]; // shares of use that are told apart
export const kHolderColours = ["c1", "c2", "c3", "c5", "c4", "c7", "c6"]; // the largest holders'; all others: c0
export const kUseColours = { live: "c1", cached: "c3", remote: "c4", quarantined: "c2" };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

function mix(from, to, share) {
  const a = channels(from),
    b = channels(to);
  return `#${a
    .map((value, i) =>
      Math.round(value + (b[i] - value) * share)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** As it is perceived, 0 to 1; Source: WCAG 2.2, relative luminance, and CIE's cube root. */
function lightness(hex) {
  const [r, g, b] = channels(hex).map((value) => (value / 255) ** 2.2);
  return Math.cbrt(0.2126 * r + 0.7152 * g + 0.0722 * b);
}

/** The colour of a share: the same steps as in the legend. */
export const stepOf = (share) => kSteps.findIndex((_, i) => share <= (i + 1) / kSteps.length);

export class Pen {
  constructor(context, colours, { by, ranks }) {
    Object.assign(this, { context, colours, by, ranks });
  }

  static colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = [
      "text",
      "muted",
      "surface",
      "rule",
      "faint",
      "hatch",
      "focus",
      ...Array.from({ length: 8 }, (_, i) => `c${i}`),
    ];
    return Object.fromEntries(names.map((name) => [name, read(name)]));
  }

  static useColour = (colours, step) => mix(colours.faint, colours.c1, kSteps[step]);
  static holderColour = (colours, rank) => colours[kHolderColours[rank] ?? "c0"];

  run(run, box) {
    if (run.what === "untouched") this.#outline(box);
    else if (run.what === "dirty") this.#hatch(box);
    else this.#fill(box, this.#colourOf(run));
    if (run.is_orphan && box.w > 4) this.#corner(box);
  }

  block(use, box) {
    if (use === "uncarved") this.#outline(box);
    else if (use === "free") this.#hatch(box);
    else this.#fill(box, this.colours[kUseColours[use]]);
  }

  frame({ x, y, w, h }) {
    this.context.strokeStyle = this.colours.rule;
    this.context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
  }

  /** Around what is selected: in two colours, so that it is seen on any. */
  select({ x, y, w, h }) {
    for (const [colour, width] of [
      [this.colours.surface, 5],
      [this.colours.text, 2.5],
    ]) {
      this.context.strokeStyle = colour;
      this.context.lineWidth = width;
      this.context.strokeRect(x, y, w, h);
    }
    this.context.lineWidth = 1;
  }

  label(lines, run, { x, y, w, h }) {
    if (w < 44 || h < 20) return;
    const fit = lines.slice(0, h < 38 ? 1 : 2);
    this.context.fillStyle = this.#readableOn(this.#colourOf(run));
    this.context.textAlign = "center";
    fit.forEach((text, i) => {
      this.context.font = `${i === 0 ? 600 : 400} 13px system-ui, "DejaVu Sans", sans-serif`;
      if (this.context.measureText(text).width < w - 6)
        this.context.fillText(text, x + w / 2, y + h / 2 + 5 + (i - (fit.length - 1) / 2) * 16);
    });
  }

  title({ text, y }) {
    this.context.fillStyle = this.colours.muted;
    this.context.textAlign = "left";
    this.context.font = '600 14px system-ui, "DejaVu Sans", sans-serif';
    this.context.fillText(text, 0, y);
  }

  #colourOf(run) {
    if (run.what === "tables" || run.what === "unknown") return this.colours.muted;
    if (run.what === "untouched" || run.what === "dirty") return this.colours.faint;
    return this.by === "use"
      ? Pen.useColour(this.colours, stepOf(shareOf(run)))
      : Pen.holderColour(this.colours, this.ranks.indexOf(run.holder));
  }

  #readableOn(colour) {
    const contrast = (other) => Math.abs(lightness(colour) - lightness(other));
    return contrast(this.colours.text) > contrast(this.colours.surface) ? this.colours.text : this.colours.surface;
  }

  #fill({ x, y, w, h }, colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, w, h);
  }

  #outline({ x, y, w, h }) {
    this.#fill({ x, y, w, h }, this.colours.faint);
  }

  #hatch({ x, y, w, h }) {
    this.#outline({ x, y, w, h });
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, w, h);
    this.context.clip();
    this.context.strokeStyle = this.colours.hatch;
    this.context.lineWidth = w > 12 ? 1.5 : 1;
    this.context.beginPath();
    const step = w > 12 ? 6 : 3;
    for (let at = -h; at < w; at += step) {
      this.context.moveTo(x + at, y + h);
      this.context.lineTo(x + at + h, y);
    }
    this.context.stroke();
    this.context.restore();
  }

  // The mark of a slab of no thread. In the legend it is .swatch.corner.
  #corner({ x, y, w, h }) {
    const side = Math.min(12, w / 2, h / 2);
    this.context.fillStyle = this.colours.c4;
    this.context.beginPath();
    this.context.moveTo(x + w, y);
    this.context.lineTo(x + w, y + side);
    this.context.lineTo(x + w - side, y);
    this.context.fill();
  }
}
