/** What the garbage collector has to do, and what for, while messages of 64 KiB pass through a queue of 64. Only Node tells. */
import { having, makePeer } from "../peers.js";
import { median, worst } from "./columns.js";
import { pagesOf, read, write } from "./pages.js";
import { expect } from "./turn.js";

const LIVE = 64;
const MESSAGES = 4000;
const MIB = 2 ** 20;

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

/** Of this thread's heap and the buffers outside it: what was allocated, but for what was collected between two readings. */
async function memoryMeter() {
  const { getHeapStatistics } = await import("node:v8");
  const inUse = () => {
    const { used_heap_size, external_memory } = getHeapStatistics();
    return used_heap_size + external_memory;
  };
  return () => ({
    last: inUse(),
    allocated: 0,
    peak: 0,
    read() {
      const now = inUse();
      this.allocated += Math.max(0, now - this.last);
      this.peak = Math.max(this.peak, now);
      this.last = now;
    },
  });
}

export const garbage = {
  title: `${MESSAGES} messages of 64 KiB through a queue of ${LIVE}: pauses of the garbage collector`,
  cases: { "garbage/65536": { size: 65536 } },
  platforms: ["node"],
  peersOn: having(peers),
  columns: [
    { title: "pauses", figure: "pauses", of: median },
    { title: "total ms", figure: "total", of: median },
    { title: "longest ms", figure: "longest", of: worst },
    { title: "MiB allocated", figure: "allocated", of: median },
    { title: "peak MiB", figure: "peak", of: worst },
    { title: "ns a message", figure: "ns", of: median },
  ],
  ratioOf: "ns",
  goals: [],
  async prepare(name, { size }, modules) {
    const { PerformanceObserver } = await import("node:perf_hooks");
    const meter = await memoryMeter();
    const { allocate, free } = await makePeer(name, { size, capacity: 2 * LIVE, modules });
    const live = Array.from({ length: LIVE }, allocate);
    for (const block of live) write(block, 1);
    const seen = [];
    new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ entryTypes: ["gc"] });

    return {
      async turn() {
        seen.length = 0;
        const memory = meter();
        let sum = 0;
        const begin = performance.now();
        for (let at = 0; at < MESSAGES; ++at) {
          const place = at % LIVE;
          sum += read(live[place]);
          free(live[place]);
          write((live[place] = allocate()), 1);
          if (place % 32 === 0) memory.read();
        }
        const ns = ((performance.now() - begin) * 1e6) / MESSAGES;
        expect(sum, MESSAGES * pagesOf(size));
        await new Promise((resolve) => setTimeout(resolve, 5)); // the observer hears of pauses later
        const pauses = seen.map(({ duration }) => duration);
        return {
          pauses: pauses.length,
          total: pauses.reduce((sum, pause) => sum + pause, 0),
          longest: Math.max(0, ...pauses),
          allocated: memory.allocated / MIB,
          peak: memory.peak / MIB,
          ns,
        };
      },
    };
  },
};
