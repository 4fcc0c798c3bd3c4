/** The page with fixed figures and a fixed frame, for screenshots. */
import { drawFrame } from "../pipeline/frames.js";
import { PERCENTILES } from "../pipeline/meter.js";
import { TRANSFORMS } from "../pipeline/transforms.js";

const SETTINGS = { width: 960, height: 540, blocks: 8, transforms: ["grade"] };

const FIGURES = {
  pool: {
    state: "running",
    frames: "241",
    megabytes: "500",
    p50: "14.2",
    p99: "21.8",
    max: "32.5",
    used: "6",
    blocks: "8",
    waits: "12 %",
    gap: "18.4",
    allocated: "0",
    collections: "0",
    sum: "5e1f00d5",
    passed: "4,096",
    torn: "0",
    outOfOrder: "0",
  },
  fresh: {
    state: "waits for its turn",
    frames: "198",
    megabytes: "411",
    p50: "16.9",
    p99: "38.1",
    max: "71.0",
    used: "0",
    blocks: "8",
    waits: "31 %",
    gap: "41.7",
    allocated: "411",
    collections: "57",
    sum: "5e1f00d5",
    passed: "3,401",
    torn: "0",
    outOfOrder: "0",
  },
};
const HELD = { pool: [1, 2, 3], fresh: [0, 0, 0] };
const SUMMARY =
  "So far the pool passes 1.22 times the frames a second, at 0.57 times the p99 latency. The fresh arrays took 7.1 GB of new " +
  "memory, taken back in 57 collections or more; the pool took none after its start. (Figures made up for this still.)";

/** A minute in turns of four seconds, with a ripple. */
function history() {
  const seconds = Array.from({ length: 240 }, (_, i) => i / 4);
  const inTurn = (turn, level, ripple) =>
    seconds.map((second, i) => (Math.floor(second / 4) % 2 === turn ? level + ripple * Math.sin(i * 1.7) : null));
  return {
    seconds,
    throughput: [inTurn(0, 500, 14), inTurn(1, 411, 30)],
    used: [inTurn(0, 5.5, 0.5), inTurn(1, 5, 1)],
  };
}

export function showStill(panels, charts, by) {
  const frame = new Uint8Array(4 * SETTINGS.width * SETTINGS.height);
  drawFrame(frame, SETTINGS.width, SETTINGS.height, 240);
  TRANSFORMS.grade(frame, SETTINGS.width, SETTINGS.height);
  for (const panel of panels) {
    panel.prepare(SETTINGS, { webgl: false });
    panel.paint(frame);
    panel.show(HELD[panel.kind], FIGURES[panel.kind], panel.kind === "fresh");
  }
  const latency = (scale) => PERCENTILES.map((_, i) => scale * (4 + i ** 1.6));
  charts.show(history(), [latency(1.2), latency(2.4)]);
  by("summary").textContent = SUMMARY;
  by("copies").textContent = "Nothing on the way. WebGL reads a frame straight from the pool’s block and uploads it.";
  by("play").textContent = "Pause";
}
