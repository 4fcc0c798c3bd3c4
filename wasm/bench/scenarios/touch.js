/** A message of 1 MiB: allocated, a byte written to each of its pages, freed. */
import { having, makePeer } from "../peers.js";
import { times } from "./columns.js";
import { write } from "./pages.js";
import { expect, turnOf } from "./turn.js";

const peers = [
  "cenote",
  "cenote reuse",
  "cenote shared",
  "free list",
  "new Uint8Array",
  "allocUnsafe",
  "thi.ng",
  "typedarray-pool",
  "protobufjs",
  "buffer-reuse",
];

function messages({ allocate, free }, size) {
  return (count) => {
    let sum = 0;
    for (let i = 0; i < count; ++i) {
      const block = allocate();
      write(block, 1);
      sum += block[size - 4096];
      free(block);
    }
    expect(sum, count);
  };
}

export const touch = {
  title: "1 MiB, touched in each page",
  cases: { "touch/1048576": { size: 1 << 20 } },
  peersOn: having(peers),
  columns: times("messages per ms"),
  goals: [{ name: "touch/1048576", peer: "cenote", figure: "ns", atMost: 1000 }],
  async prepare(name, { size }, modules) {
    return { turn: turnOf(messages(await makePeer(name, { size, capacity: 16, modules }), size)) };
  },
};
