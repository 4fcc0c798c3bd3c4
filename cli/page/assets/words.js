/** Figures as people read them. */
const kUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(count) {
  let unit = 0;
  while (count >= 1024 && unit < kUnits.length - 1) {
    count /= 1024;
    ++unit;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${kUnits[unit]}`;
}

/** A block's size, exactly where it is short. */
export const size = (count) =>
  count < 1024 ? `${count} B` : count % 1024 === 0 ? bytes(count).replace(".0", "") : bytes(count);

export function number(count) {
  return Math.round(count).toLocaleString("en-GB");
}

/** "1 block", "2 blocks" */
export const count = (amount, noun, nouns = `${noun}s`) => `${number(amount)} ${amount === 1 ? noun : nouns}`;

export function short(count) {
  if (count < 10_000) return number(count);
  if (count < 1e6) return `${(count / 1e3).toFixed(count < 1e5 ? 1 : 0)} k`;
  return `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)} M`;
}

export function percent(part, whole) {
  if (whole === 0) return "0 %";
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? "< 1 %" : `${Math.round(share)} %`;
}

export const clock = (milliseconds) => new Date(milliseconds).toLocaleTimeString("en-GB");

export const kind = (name) => name.replaceAll("_", " ");
const kPlurals = { page_heap: "page heap", process: "process" };
export const kinds = (name) => kPlurals[name] ?? `${kind(name)}s`;

/** A program's name and arguments, without its folder; the system keeps only 15 letters of the name apart. */
export const commandLine = ({ command, command_line }) => command_line.replace(/^\S*\//, "") || command;
export const program = (entry) => {
  const name = commandLine(entry).split(" ")[0];
  return name.startsWith(entry.command) ? name : entry.command;
};

export const holder = ({ name, kind: its }) => name || `${kind(its)} without a name`;
