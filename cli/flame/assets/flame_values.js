/** What the numbers of a profile are, in words. */
import { totalsOf } from "./flame_tree.js";
import { bytes, number, short } from "./words.js";

const kNames = {
  inuse: "In use",
  alloc: "Allocated since the start",
  peak: "At the peak",
};
const kWhats = { space: "bytes", objects: "blocks" };

export function nameOf({ type, unit }) {
  if (type === "lifetime") return "Lifetime of freed blocks";
  const [, when, what] = /^(inuse|alloc|peak)_(space|objects)$/.exec(type) ?? [];
  return when ? `${kNames[when]}, ${kWhats[what]}` : unit ? `${type}, ${unit}` : type;
}

/**
 * The index of the type to open with: the first of `prefer` that has samples, otherwise the profile's default, otherwise another that has
 * samples, of the default's unit if there is one. A program that has freed everything at its end has no sample in use.
 */
export function firstType({ types, default: own }, totals, prefer) {
  const preferred = prefer.map((wanted) => types.findIndex(({ type }) => type === wanted));
  const others = [...types.keys()];
  const isAlike = (type) => types[type].unit === types[own].unit;
  const all = [...preferred, own, ...others.filter(isAlike), ...others];
  return all.find((type) => totals[type] > 0) ?? own;
}

/** Why the graph of this type is empty, and what shows more. */
export function emptyWords(profile, type) {
  const totals = totalsOf(profile);
  const { type: name } = profile.types[type];
  if (totals[type] > 0) return "No sample of this value has these labels.";
  if (totals.every((total) => total === 0)) {
    const rate = profile.period_unit === "bytes" && profile.period > 1 ? `, one for each ${bytes(profile.period)}` : "";
    return `Nothing was sampled${rate}: the program allocated too little. CENOTE_OPTIONS=profile_rate=1 samples every block.`;
  }
  if (name.startsWith("inuse"))
    return "Nothing that was sampled is in use: it had all been freed when the profile was taken. Another value shows what was held.";
  if (name === "lifetime") return "No sampled block had lived for a millisecond when it was freed.";
  return "Nothing was sampled of this value.";
}

const kMilliseconds = { nanoseconds: 1e-6, microseconds: 1e-3, milliseconds: 1, seconds: 1000 };
const kSteps = [
  [1000, "ms", 1],
  [120_000, "s", 1000],
  [7_200_000, "min", 60_000],
  [Infinity, "h", 3_600_000],
];

function duration(milliseconds) {
  const [, unit, size] = kSteps.find(([below]) => milliseconds < below);
  const amount = milliseconds / size;
  return `${amount < 10 && unit !== "ms" ? amount.toFixed(1) : number(amount)} ${unit}`;
}

/** A function that writes an amount of this type. */
export function formatOf({ type, unit }) {
  if (unit === "bytes") return bytes;
  if (unit in kMilliseconds) return (amount) => duration(amount * kMilliseconds[unit]);
  if (type.endsWith("_objects")) return (amount) => `${short(amount)} ${amount === 1 ? "block" : "blocks"}`;
  return unit === "count" || unit === "" ? short : (amount) => `${short(amount)} ${unit}`;
}

/** Finer than whole per cents: a profile has many small parts. */
export function share(part, whole) {
  if (whole === 0) return "0 %";
  const percent = (100 * part) / whole;
  return percent > 0 && percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

export const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** "parse.cpp:12"; more lines where calls were made from several. */
export function placeOf({ file }, lines) {
  if (file === "") return "";
  const all = [...lines].sort((a, b) => a - b);
  return `${file}${all.length > 0 ? `:${all.join(", ")}` : ""}`;
}
