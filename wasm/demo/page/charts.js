/** Three charts with a line for each pipeline. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { PERCENTILES } from "../pipeline/meter.js";

const PERCENTILE_NAMES = ["min", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"];
const HEIGHT = 200;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
const FONT = '11px "IBM Plex Mono", monospace';

const axis = (more) => ({
  size: 32,
  gap: 8,
  stroke: () => colour("--muted"),
  grid: { stroke: () => colour("--line"), width: 1 },
  ticks: { show: false },
  font: FONT,
  ...more,
});

const line = (label, name) => ({
  label,
  stroke: () => colour(name),
  width: 2,
  points: { show: false },
  spanGaps: false,
});

/** On top of one another where they overlap: the second is dashed, so that colour is not all that tells them apart. */
const SERIES = [{}, line("Pool", "--pool"), { ...line("Fresh arrays", "--fresh"), dash: [6, 3] }];

function chart(place, xAxis, series = SERIES) {
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, Math.max(1, max) * 1.1] } },
    axes: [axis(xAxis), axis({ size: 44 })],
    series,
  };
  const made = new uPlot(options, [[], [], []], place);
  new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  return made;
}

const withPoints = SERIES.map((series) => ({ ...series, points: { show: true, size: 5 } }));

export function newCharts(document) {
  const place = (name) => document.querySelector(`[data-chart="${name}"]`);
  const throughput = chart(place("throughput"), { values: (_, ticks) => ticks.map((tick) => `${tick} s`) });
  const used = chart(place("used"), { values: (_, ticks) => ticks.map((tick) => `${tick} s`) });
  const latency = chart(
    place("latency"),
    {
      splits: PERCENTILES.map((_, i) => i),
      values: (_, ticks) => ticks.map((tick) => PERCENTILE_NAMES[tick]),
      space: 10,
    },
    withPoints,
  );
  return {
    /** History: { seconds, throughput: [pool, fresh], used: [pool, fresh] }; latencies: [pool, fresh] by PERCENTILES. */
    show(history, latencies) {
      throughput.setData([history.seconds, ...history.throughput]);
      used.setData([history.seconds, ...history.used]);
      latency.setData([PERCENTILES.map((_, i) => i), ...latencies]);
    },
    redraw: () => [throughput, used, latency].forEach((each) => each.redraw(false, true)),
  };
}
