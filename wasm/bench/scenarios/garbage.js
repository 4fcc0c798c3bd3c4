/** What the garbage collector has to do while messages of 64 KiB pass through a queue of 64. Only Node tells. */
import { having, makePeer } from "../peers.js";
import { median, worst } from "./columns.js";
import { read, write } from "./pages.js";

const LIVE = 64;
const MESSAGES = 4000;

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

export const garbage = {
  title: `${MESSAGES} messages of 64 KiB through a queue of ${LIVE}: pauses of the garbage collector`,
  cases: { "garbage/65536": { size: 65536 } },
  platforms: ["node"],
  peersOn: having(peers),
  columns: [
    { title: "pauses", figure: "pauses", of: median },
    { title: "total ms", figure: "total", of: median },
    { title: "longest ms", figure: "longest", of: worst },
    { title: "peak MiB outside the heap", figure: "peak", of: worst },
    { title: "ns a message", figure: "ns", of: median },
  ],
  ratioOf: "ns",
  goals: [],
  async prepare(name, { size }, modules) {
    const { PerformanceObserver } = await import("node:perf_hooks");
    const { getHeapStatistics } = await import("node:v8");
    const { allocate, free } = await makePeer(name, { size, capacity: 2 * LIVE, modules });
    const live = Array.from({ length: LIVE }, allocate);
    const seen = [];
    new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ entryTypes: ["gc"] });

    return {
      async turn() {
        seen.length = 0;
        let peak = 0;
        const begin = performance.now();
        for (let at = 0; at < MESSAGES; ++at) {
          const place = at % LIVE;
          read(live[place]);
          free(live[place]);
          write((live[place] = allocate()), 1);
          if (!place) peak = Math.max(peak, getHeapStatistics().external_memory);
        }
        const ns = ((performance.now() - begin) * 1e6) / MESSAGES;
        await new Promise((resolve) => setTimeout(resolve, 5)); // the observer hears of pauses later
        const pauses = seen.map(({ duration }) => duration);
        return {
          pauses: pauses.length,
          total: pauses.reduce((sum, pause) => sum + pause, 0),
          longest: Math.max(0, ...pauses),
          peak: peak / 2 ** 20,
          ns,
        };
      },
    };
  },
};
