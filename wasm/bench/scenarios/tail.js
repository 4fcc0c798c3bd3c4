/**
 * How long a single allocation takes, with the first write to each page of its 64 KiB, in a program that holds 64
 * messages and leaves small garbage of its own. Only the work is timed, not what waits behind it.
 */
import { having, makePeer } from "../peers.js";
import { median, worst } from "./columns.js";
import { write } from "./pages.js";
import { expect } from "./turn.js";

const LIVE = 64;

const peers = [
  "cenote",
  "cenote reuse",
  "free list",
  "new Uint8Array",
  "allocUnsafe",
  "thi.ng",
  "typedarray-pool",
  "buffer-reuse",
];

function traffic({ allocate, free, bytes }, size) {
  const live = Array.from({ length: LIVE }, allocate);
  const notes = new Array(1000);
  let at = 0;
  return (histogram) => {
    ++at;
    free(live[at % LIVE]);
    notes[at % notes.length] = { at, text: `message ${at}` };
    const begin = performance.now();
    const block = allocate();
    write(block, 1);
    const end = performance.now();
    expect(bytes(block), size);
    live[at % LIVE] = block;
    histogram.recordValue(Math.round((end - begin) * 1e6));
  };
}

const percentile = (title, of) => ({ title: `${title} us`, figure: title, of });

export const tail = {
  title: "one allocation of 64 KiB, written in each page: microseconds, the clock's own included",
  cases: { "tail/65536": { size: 65536 } },
  peersOn: having(peers),
  columns: [
    percentile("p50", median),
    percentile("p99", median),
    percentile("p99.9", median),
    percentile("max", worst),
  ],
  ratioOf: "p99.9",
  goals: [],
  async prepare(name, { size }, modules) {
    const { build } = await import("hdr-histogram-js"); // large: only here
    const step = traffic(await makePeer(name, { size, capacity: 2 * LIVE, modules }), size);
    const histogram = build({ highestTrackableValue: 1e10, numberOfSignificantValueDigits: 3 });
    return {
      turn(milliseconds) {
        histogram.reset();
        for (const end = performance.now() + 4 * milliseconds; performance.now() < end; ) step(histogram);
        const at = (share) => histogram.getValueAtPercentile(share) / 1000;
        return { p50: at(50), p99: at(99), "p99.9": at(99.9), max: histogram.maxValue / 1000 };
      },
    };
  },
};
