/**
 * What the heap map shows at each level: a grid of items, drawn and walked in the same way.
 *
 *     memory    an item for each extent, grouped by node; each drawn as its 64 units
 *     extent    an item for each run of units
 *     slab      an item for each block
 *
 * A level is {items, lay(width, height), paint(context, item, style), words(item)}; an item gets the boxes that it covers as `boxes`.
 */
import { bytes, count, holder as nameOf, number, percent, size } from "./words.js";

const kUnits = 64,
  kUnitBytes = 65536,
  kRow = 8;
const kPages = {
  normal: "",
  transparent_huge: ", transparent huge pages",
  huge_2mib: ", huge pages of 2 MiB",
  huge_1gib: ", huge pages of 1 GiB",
};

/** The server's arrays as objects (cli/serve/json.hpp). */
function runOf(map, extent, [what, first, units, holder, block_bytes, capacity, carved, live, cached, is_orphan]) {
  const address = `0x${(BigInt(extent.address) + BigInt(first * kUnitBytes)).toString(16)}`;
  return {
    what: map.whats[what],
    first,
    units,
    holder,
    block_bytes,
    capacity,
    carved,
    live,
    cached,
    is_orphan,
    address,
  };
}

const isUsed = ({ what }) => what === "slab" || what === "large";
const liveBytes = (run) => (isUsed(run) ? run.live * run.block_bytes : 0);

export function unpack(map) {
  const extents = map.extents.map((extent) => {
    const runs = extent.runs.map((run) => runOf(map, extent, run));
    return { ...extent, runs, live: runs.reduce((sum, run) => sum + liveBytes(run), 0) };
  });
  const held = map.holders.map(() => 0);
  for (const { runs } of extents) for (const run of runs) if (isUsed(run)) held[run.holder] += run.units * kUnitBytes;
  for (const block of map.huge) held[block.holder] += block.bytes;
  const ranks = held.map((_, i) => i).sort((a, b) => held[b] - held[a]);
  return { ...map, extents, held, ranks };
}

/** The share of a run's memory that the program has. */
export const shareOf = (run) => (run.what === "large" ? 1 : liveBytes(run) / (run.units * kUnitBytes));

// --- memory ----------------------------------------------------------------------------------------------------------------------

/** The largest square, in whole pixels a unit, with which all fit; else the smallest, and the frame scrolls. */
function sideFor(counts, width, height, heading) {
  for (let unit = 20; unit > 2; --unit) {
    const side = unit * kRow,
      columns = Math.floor((width + 10) / (side + 10));
    const rows = counts.reduce((sum, count) => sum + Math.ceil(count / Math.max(columns, 1)), 0);
    if (columns > 0 && rows * (side + 10) + counts.length * heading <= height) return side;
  }
  return 2 * kRow;
}

export function memoryLevel(map) {
  const nodes = [...new Set(map.extents.map(({ node }) => node))].sort((a, b) => a - b);
  const items = nodes.flatMap((node) => map.extents.filter((extent) => extent.node === node));
  const heading = nodes.length > 1 ? 26 : 0;
  return {
    name: "memory",
    items,
    hasOrphans: items.some(({ runs }) => runs.some(({ is_orphan }) => is_orphan)),
    lay(width, height) {
      const side = sideFor(
        nodes.map((node) => items.filter((item) => item.node === node).length),
        width,
        height,
        heading,
      );
      this.columns = Math.max(1, Math.floor((width + 10) / (side + 10)));
      this.titles = [];
      let y = 0;
      for (const node of nodes) {
        if (heading) this.titles.push({ text: `node ${node}`, y: (y += heading) - 8 });
        const here = items.filter((item) => item.node === node);
        here.forEach(
          (item, i) =>
            (item.boxes = [
              {
                x: (i % this.columns) * (side + 10),
                y: y + Math.floor(i / this.columns) * (side + 10),
                w: side,
                h: side,
              },
            ]),
        );
        y += Math.ceil(here.length / this.columns) * (side + 10);
      }
      return y;
    },
    paint(pen, extent) {
      const { x, y, w } = extent.boxes[0],
        unit = w / kRow;
      for (const run of extent.runs) {
        for (let i = run.first; i < run.first + run.units; ++i)
          pen.run(run, {
            x: x + (i % kRow) * unit,
            y: y + Math.floor(i / kRow) * unit,
            w: unit - (unit > 5 ? 1 : 0),
            h: unit - (unit > 5 ? 1 : 0),
          });
      }
      pen.frame({ x: x - 1, y: y - 1, w: w + 1, h: w + 1 });
    },
    words: (extent) =>
      `Extent ${extent.address}, 4 MiB on node ${extent.node}${kPages[extent.pages]}. ${bytes(extent.live)} live in ${usedWords(extent.runs)}; ${freeWords(extent.runs)}.`,
    move: (index, rows) => index + rows,
  };
}

const bytesOf = (runs) => runs.reduce((total, { units }) => total + units * kUnitBytes, 0);

function usedWords(runs) {
  const used = runs.filter(isUsed),
    orphans = used.filter(({ is_orphan }) => is_orphan).length;
  const whose = orphans > 0 ? `, ${number(orphans)} of them of no thread` : "";
  return `${count(used.length, "slab or large block", "slabs and large blocks")} of ${bytes(bytesOf(used))}${whose}`;
}

function freeWords(runs) {
  const sum = (what) => bytes(bytesOf(runs.filter((run) => run.what === what)));
  return `units not in use: ${sum("dirty")} resident, ${sum("untouched")} without pages`;
}

const kFreeWords = { dirty: "free, resident", untouched: "free", tables: "tables", unknown: "changing" };

// --- extent ----------------------------------------------------------------------------------------------------------------------

export function extentLevel(map, extent) {
  return {
    name: "extent",
    items: extent.runs,
    hasOrphans: extent.runs.some(({ is_orphan }) => is_orphan),
    columns: kRow,
    lay(width, height) {
      const w = Math.floor(width / kRow),
        high = Math.floor(height / kRow);
      for (const run of extent.runs) {
        run.boxes = [];
        for (let i = run.first; i < run.first + run.units; ) {
          const column = i % kRow,
            count = Math.min(run.first + run.units - i, kRow - column);
          run.boxes.push({ x: column * w, y: Math.floor(i / kRow) * high, w: count * w - 3, h: high - 3 });
          i += count;
        }
      }
      return high * kRow;
    },
    paint(pen, run) {
      for (const box of run.boxes) pen.run(run, box);
      const widest = run.boxes.reduce((a, b) => (b.w > a.w ? b : a));
      pen.label(
        isUsed(run)
          ? [size(run.block_bytes), run.what === "large" ? "large" : percent(run.live, run.capacity)]
          : [kFreeWords[run.what]],
        run,
        widest,
      );
    },
    words: (run) => runWords(map, run),
    move: (index, rows) => {
      const run = extent.runs[index],
        to = rows > 0 ? run.first + run.units - 1 + kRow : run.first - kRow;
      const unit =
        rows > 0
          ? Math.min(run.first + kRow * rows >= run.first + run.units ? run.first + kRow * rows : to, kUnits - 1)
          : to;
      return extent.runs.findIndex(({ first, units }) => unit >= first && unit < first + units);
    },
  };
}

function runWords(map, run) {
  const space = size(run.units * kUnitBytes);
  if (run.what === "untouched") return `${space} free at ${run.address}, without pages.`;
  if (run.what === "dirty")
    return `${space} free at ${run.address}, still resident: used again first, or given back to the system.`;
  if (run.what === "tables") return `${space} at ${run.address} of tables, which describe the units behind them.`;
  if (run.what === "unknown") return `A unit at ${run.address} that was being changed when it was read.`;
  const holder = nameOf(map.holders[run.holder]);
  if (run.what === "large") return `Large block of ${size(run.block_bytes)} at ${run.address}, held by ${holder}.`;
  return (
    `Slab of ${space} at ${run.address}, held by ${holder}${run.is_orphan ? ", of no thread" : ""}: blocks of ${size(run.block_bytes)}, ` +
    `${number(run.live)} of ${number(run.capacity)} live, ${number(run.cached)} cached, ${number(run.carved - run.live - run.cached)} free, ${number(run.capacity - run.carved)} not cut yet.`
  );
}

// --- slab ------------------------------------------------------------------------------------------------------------------------

export const kUseWords = {
  live: "live",
  free: "free",
  cached: "in a thread’s cache",
  remote: "on its way home from another thread",
  quarantined: "in quarantine",
  uncarved: "not cut yet",
};

/** The largest square with which all blocks fit. */
function blockSide(count, width, height) {
  let side = 72;
  while (side > 5 && Math.ceil(count / Math.floor(width / side)) * side > height) --side;
  return side;
}

export function slabLevel(slab) {
  const uses = [...slab.blocks].map((digit) => slab.uses[digit]);
  const items = uses.map((use, index) => ({
    use,
    index,
    address: `0x${(BigInt(slab.address) + BigInt(index * slab.block_bytes)).toString(16)}`,
  }));
  return {
    name: "slab",
    items,
    slab,
    lay(width, height) {
      const side = blockSide(items.length, width, height);
      this.columns = Math.max(1, Math.floor(width / side));
      const gap = side > 9 ? 2 : 1;
      for (const item of items)
        item.boxes = [
          {
            x: (item.index % this.columns) * side,
            y: Math.floor(item.index / this.columns) * side,
            w: side - gap,
            h: side - gap,
          },
        ];
      return Math.ceil(items.length / this.columns) * side;
    },
    paint: (pen, item) => pen.block(item.use, item.boxes[0]),
    words: ({ use, index, address }) =>
      `Block ${number(index + 1)} of ${number(items.length)} at ${address}, ${size(slab.block_bytes)}: ${kUseWords[use]}.`,
    summary:
      `Slab at ${slab.address}, held by ${nameOf(slab.holder)}${slab.is_orphan ? ", of no thread" : ""}: ` +
      Object.keys(kUseWords)
        .map((use) => [uses.filter((one) => one === use).length, use])
        .filter(([count]) => count > 0)
        .map(([count, use]) => `${number(count)} ${kUseWords[use]}`)
        .join(", ") +
      ".",
    move: (index, rows, columns) => index + rows * columns,
  };
}
