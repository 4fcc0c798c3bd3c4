/** A hundred blocks are allocated, then freed in a random order, another each time. The time is that of one of them. */
import { having, makePeer } from "../peers.js";
import { times } from "./columns.js";
import { orders } from "./random.js";
import { expect, turnOf } from "./turn.js";

const HELD = 100;
const random = orders(HELD);
const ORDERS = Array.from({ length: 64 }, () => random.next().value);

const peers = [
  "cenote",
  "cenote reuse",
  "cenote shared",
  "raw",
  "raw shared",
  "free list",
  "new Uint8Array",
  "allocUnsafe",
  "thi.ng",
  "typedarray-pool",
  "protobufjs",
  "buffer-reuse",
];

function batches({ allocate, free, bytes }, size) {
  const blocks = new Array(HELD);
  let turns = 0;
  return (count) => {
    const times = Math.ceil(count / HELD);
    let sum = 0;
    for (let i = 0; i < times; ++i) {
      for (let place = 0; place < HELD; ++place) sum += bytes((blocks[place] = allocate()));
      for (const place of ORDERS[turns++ % ORDERS.length]) free(blocks[place]);
    }
    expect(sum, times * HELD * size);
    return times * HELD;
  };
}

export const held = {
  title: "100 held, freed in a random order",
  cases: { "held/64": { size: 64 }, "held/4096": { size: 4096 } },
  peersOn: having(peers),
  columns: times("pairs per ms"),
  goals: [],
  async prepare(name, { size }, modules) {
    return { turn: turnOf(batches(await makePeer(name, { size, capacity: 2 * HELD, modules }), size)) };
  },
};
