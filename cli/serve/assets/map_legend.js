/** What the colours of the heap map mean: entries of [style, colour, words]. */
import { kUseWords } from "./map_levels.js";
import { kHolderColours, kSteps, kUseColours, Pen } from "./map_pen.js";
import { bytes, holder as nameOf } from "./words.js";

export function legendOf(level, map, pen) {
  if (level.name === "slab") return uses(level.items, pen.colours);
  const own = pen.by === "use" ? shares(pen.colours) : holders(map, pen.colours);
  const free = [
    ["hatched", null, "free, still resident"],
    ["outlined", null, "free, without pages"],
  ];
  return [...own, ...free, ...(level.hasOrphans ? [["corner", null, "slab of no thread"]] : [])];
}

function shares(colours) {
  return kSteps.map((_, i) => [
    "",
    Pen.useColour(colours, i),
    `${(100 * i) / kSteps.length}–${(100 * (i + 1)) / kSteps.length} % live`,
  ]);
}

function holders(map, colours) {
  const named = map.ranks.filter((holder) => map.held[holder] > 0);
  const entries = named
    .slice(0, kHolderColours.length)
    .map((holder, rank) => [
      "",
      Pen.holderColour(colours, rank),
      `${nameOf(map.holders[holder])}, ${bytes(map.held[holder])}`,
    ]);
  if (named.length > kHolderColours.length)
    entries.push(["", colours.c0, `${named.length - kHolderColours.length} others`]);
  return entries;
}

function uses(items, colours) {
  const met = new Set(items.map(({ use }) => use));
  return Object.keys(kUseWords)
    .filter((use) => met.has(use))
    .map((use) => [
      use === "free" ? "hatched" : use === "uncarved" ? "outlined" : "",
      use in kUseColours ? colours[kUseColours[use]] : null,
      kUseWords[use],
    ]);
}
