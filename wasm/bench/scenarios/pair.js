/** A block is allocated and freed at once: the fastest path of everybody. */
import { having, makePeer } from "../peers.js";
import { times } from "./columns.js";
import { expect, turnOf } from "./turn.js";

const peers = [
  "cenote",
  "cenote reuse",
  "cenote shared",
  "cenote shared reuse",
  "raw",
  "raw shared",
  "free list",
  "JS stack",
  "new Uint8Array",
  "allocUnsafe",
  "allocUnsafeSlow",
  "thi.ng",
  "typedarray-pool",
  "protobufjs",
  "buffer-reuse",
];

export function pairs({ allocate, free, bytes }, size) {
  return (count) => {
    let sum = 0;
    for (let i = 0; i < count; ++i) {
      const block = allocate();
      sum += bytes(block);
      free(block);
    }
    expect(sum, count * size);
  };
}

export const pair = {
  title: "allocate and free",
  cases: {
    "pair/64": { size: 64 },
    "pair/4096": { size: 4096 },
    "pair/65536": { size: 65536 },
    "pair/1048576": { size: 1 << 20 },
  },
  peersOn: having(peers),
  columns: times("pairs per ms"),
  goals: [
    { name: "pair/4096", peer: "cenote", figure: "ns", atMost: 22 },
    { name: "pair/4096", peer: "raw", figure: "ns", atMost: 6 },
    { name: "pair/4096", peer: "raw shared", figure: "ns", atMost: 16 },
  ],
  async prepare(name, { size }, modules) {
    return { turn: turnOf(pairs(await makePeer(name, { size, capacity: 16, modules }), size)) };
  },
};
