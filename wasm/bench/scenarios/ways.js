/**
 * Ways for a message to go to another thread: `open(size)` on the sender's side is { data, send(byte, post) }, where
 * `data` goes to the receiver when it starts; `receive(data, take)` there calls `take(message)` for each.
 * Each sender writes, and each receiver reads, a byte in each page.
 */
import { parentPort } from "node:worker_threads";

import { MemoryPool } from "cenote";

import { write } from "./pages.js";
import { Ring, ringMemory } from "./ring.js";

/** As many messages are under way at most. */
export const BURST = 256;
const SLOTS = 32;

const listen = (take) => void parentPort.on("message", take);

/** One more, since the last message of a burst is answered before it is freed. */
function poolFor(size) {
  const pool = new MemoryPool(size, BURST + 1, { shared: true });
  const written = (byte) => {
    const block = pool.allocateBlock();
    write(block, byte);
    return pool.handleOf(block);
  };
  return { token: pool.share(), written };
}

function taker({ token }, take) {
  const pool = MemoryPool.attach(token);
  return (handle) => {
    const block = pool.adopt(handle);
    take(block);
    pool.freeBlock(block);
  };
}

const number = (memory, offset) => new Float64Array(memory, offset, 1);
const bytes = (size) => (memory, offset) => new Uint8Array(memory, offset, size);

/** A receiver that never comes back to its event loop: it begins when the thread has said that it is ready. */
function drain(ring, use) {
  setTimeout(() => {
    for (;;) ring.pop(use);
  });
}

export const ways = {
  "handle, postMessage": {
    open(size) {
      const { token, written } = poolFor(size);
      return { data: { token }, send: (byte, post) => post(written(byte)) };
    },
    receive: (data, take) => listen(taker(data, take)),
  },
  "handle, ring": {
    open(size) {
      const { token, written } = poolFor(size);
      const memory = ringMemory(SLOTS, 8);
      const ring = new Ring(memory, SLOTS, 8, number);
      return {
        data: { token, memory },
        send: (byte) => {
          const handle = written(byte);
          ring.push((slot) => (slot[0] = handle));
        },
      };
    },
    receive(data, take) {
      const adopt = taker(data, take);
      drain(new Ring(data.memory, SLOTS, 8, number), (slot) => adopt(slot[0]));
    },
  },
  "ring in place": {
    open(size) {
      const memory = ringMemory(SLOTS, size);
      const ring = new Ring(memory, SLOTS, size, bytes(size));
      return { data: { memory, size }, send: (byte) => ring.push((slot) => write(slot, byte)) };
    },
    receive: ({ memory, size }, take) => drain(new Ring(memory, SLOTS, size, bytes(size)), take),
  },
  "ring of copies": {
    open(size) {
      const memory = ringMemory(SLOTS, size);
      const ring = new Ring(memory, SLOTS, size, bytes(size));
      const message = new Uint8Array(size);
      return {
        data: { memory, size },
        send: (byte) => {
          write(message, byte);
          ring.push((slot) => slot.set(message));
        },
      };
    },
    receive({ memory, size }, take) {
      const message = new Uint8Array(size);
      drain(new Ring(memory, SLOTS, size, bytes(size)), (slot) => {
        message.set(slot);
        take(message);
      });
    },
  },
  clone: {
    open(size) {
      const message = new Uint8Array(size);
      return {
        send: (byte, post) => {
          write(message, byte);
          post(message);
        },
      };
    },
    receive: (_, take) => listen(take),
  },
  transfer: {
    open: (size) => ({
      send: (byte, post) => {
        const message = new Uint8Array(size);
        write(message, byte);
        post(message, [message.buffer]);
      },
    }),
    receive: (_, take) => listen(take),
  },
};

export const lacks = {
  "handle, postMessage": "checks every handle and free",
  "handle, ring":
    "checks every handle and free; both threads block in Atomics.wait, which a page's main thread may not",
  "ring in place": "LIMIT: written and read in the ring itself, in its order; checks nothing; blocks as well",
  "ring of copies": "copied in from the sender's array, and out to the receiver's; blocks as well",
  clone: "postMessage(array): the same array each time, copied twice",
  transfer: "postMessage(array, [array.buffer]): a new array each time",
};
