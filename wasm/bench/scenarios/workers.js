/** Several Workers allocate and free at the same time, from one shared pool where the peer can. */
import { makePeer } from "../peers.js";
import { startThread } from "../threads.js";
import { times } from "./columns.js";
import { pairs } from "./pair.js";
import { turnOf } from "./turn.js";

const SIZE = 4096;
const CAPACITY = 64;

const peers = ["cenote shared", "cenote shared reuse", "raw shared", "JS stack", "cenote", "new Uint8Array"];

/** A role. */
export async function churner({ peer, token, modules }) {
  return turnOf(pairs(await makePeer(peer, { size: SIZE, capacity: CAPACITY, modules, token }), SIZE));
}

export const workers = {
  title: "Workers that allocate and free, all on one pool (cenote, new Uint8Array: each on its own)",
  cases: { "workers/1": { count: 1 }, "workers/2": { count: 2 }, "workers/4": { count: 4 } },
  peersOn: () => peers,
  columns: times("pairs per ms, all"),
  goals: [],
  async prepare(peer, { count }, modules) {
    const { token } = await makePeer(peer, { size: SIZE, capacity: CAPACITY, modules });
    const threads = await Promise.all(
      Array.from({ length: count }, () => startThread("churner", { peer, token, modules })),
    );
    return {
      /** The time of one pair, when all Workers' are counted together. */
      async turn(milliseconds) {
        const figures = await Promise.all(threads.map((thread) => thread.ask(milliseconds)));
        return { ns: 1 / figures.reduce((rate, { ns }) => rate + 1 / ns, 0) };
      },
    };
  },
};
