/** Tables for the terminal. Every ratio is the median of those within one round. */
import { median } from "./scenarios/columns.js";
import { scenarios } from "./scenarios/index.js";

/** Three digits; "-" for the ratio to a time that a browser's clock calls 0. */
function short(value) {
  if (!Number.isFinite(value)) return "-";
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function ratio(samples, base, figure) {
  return median(samples.map((sample, round) => sample[figure] / base[round][figure]));
}

/** The cells of one case: a row a peer. */
export function summary(scenario, peers) {
  const { columns, ratioOf = "ns" } = scenarios[scenario];
  const [base] = Object.values(peers);
  return Object.fromEntries(
    Object.entries(peers).map(([peer, samples]) => [
      peer,
      {
        ...Object.fromEntries(
          columns.map(({ title, figure, of }) => [title, of(samples.map((sample) => sample[figure]))]),
        ),
        ratio: ratio(samples, base, ratioOf),
      },
    ]),
  );
}

export function table(name, rows) {
  const titles = Object.keys(Object.values(rows)[0]);
  const lines = [
    [name, ...titles],
    ...Object.entries(rows).map(([peer, cells]) => [peer, ...titles.map((title) => short(cells[title]))]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map(([first, ...rest]) =>
      [first.padEnd(widths[0]), ...rest.map((cell, column) => cell.padStart(widths[column + 1]))].join("  "),
    )
    .join("\n");
}

/** One line a goal of the cases that ran in Node: the design sets them for it, and for the best of many short runs. */
export function goals(results) {
  return Object.values(scenarios)
    .flatMap((scenario) => scenario.goals)
    .filter(({ name }) => results[name])
    .map(({ name, peer, figure, atMost }) => {
      const best = Math.min(...results[name][peer].map((sample) => sample[figure]));
      return `${best <= atMost ? "reached" : "MISSED "}  ${name}, ${peer}: ${short(best)} ${figure}, at most ${atMost}`;
    });
}
