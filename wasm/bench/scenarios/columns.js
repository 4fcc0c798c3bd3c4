/** What a table says of the figures of all rounds. */
const sorted = (values) => values.toSorted((a, b) => a - b);

export const best = (values) => Math.min(...values);
export const worst = (values) => Math.max(...values);
export const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const perMillisecond = (values) => 1e6 / median(values);

/** For scenarios whose figure is the time of an operation. */
export const times = (perMs) => [
  { title: "best ns", figure: "ns", of: best },
  { title: "median ns", figure: "ns", of: median },
  { title: perMs, figure: "ns", of: perMillisecond },
];
