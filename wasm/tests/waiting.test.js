import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { MemoryPool, PoolDisposedError } from "cenote";

const settled = async (promise) => {
  const pending = Symbol("pending");
  await new Promise(setImmediate);
  return (await Promise.race([promise, pending])) !== pending;
};

for (const shared of [false, true]) {
  describe(shared ? "waiting on shared memory" : "waiting on private memory", () => {
    test("a free block is had at once", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      assert.equal((await pool.allocateBlockAsync()).length, 64);
    });

    test("who waits is served in order, a block for each that is freed", async () => {
      const pool = new MemoryPool(64, 2, { shared });
      const held = [pool.allocateBlock(), pool.allocateBlock()];
      const order = [];
      const waiting = [0, 1, 2].map((name) => pool.allocateBlockAsync().then((block) => (order.push(name), block)));
      assert.equal(await settled(waiting[0]), false);

      pool.freeBlock(held.pop());
      await waiting[0];
      assert.equal(await settled(waiting[1]), false);
      pool.freeBlock(held.pop());
      pool.freeBlock(await waiting[1]);
      await waiting[2];
      assert.deepEqual(order, [0, 1, 2]);
      assert.equal(pool.getStats().used, 2);
    });

    test("nobody who comes later overtakes by waiting", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      const held = pool.allocateBlock();
      const first = pool.allocateBlockAsync();
      pool.freeBlock(held);
      const second = pool.allocateBlockAsync();
      pool.freeBlock(await first);
      await second;
    });

    test("an aborted wait ends with the signal's reason, and takes no block", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      const held = pool.allocateBlock();
      const abort = new AbortController();
      const aborted = pool.allocateBlockAsync({ signal: abort.signal });
      const patient = pool.allocateBlockAsync();
      abort.abort(new Error("enough"));
      await assert.rejects(aborted, { message: "enough" });
      pool.freeBlock(held);
      await patient;
      assert.equal(pool.getStats().used, 1);
    });

    test("after an abort others still wait well", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      const held = pool.allocateBlock();
      const running = setInterval(() => {}, 1000); // AbortSignal.timeout()'s timer does not keep Node.js running
      await assert.rejects(pool.allocateBlockAsync({ signal: AbortSignal.timeout(1) }), { name: "TimeoutError" });
      clearInterval(running);
      const later = pool.allocateBlockAsync();
      pool.freeBlock(held);
      pool.freeBlock(await later);
      assert.equal(pool.getStats().used, 0);
    });

    test("many waits with one signal add one listener, and the last takes it away", async (t) => {
      const { signal } = new AbortController();
      let listeners = 0;
      const { addEventListener, removeEventListener } = signal;
      t.mock.method(signal, "addEventListener", (...args) => (++listeners, addEventListener.apply(signal, args)));
      t.mock.method(signal, "removeEventListener", (...args) => (--listeners, removeEventListener.apply(signal, args)));
      const pools = [new MemoryPool(64, 1, { shared }), new MemoryPool(64, 1, { shared })];
      const held = pools.map((pool) => pool.allocateBlock());
      const waits = pools.map((pool) => Array.from({ length: 12 }, () => pool.allocateBlockAsync({ signal })));
      await new Promise(setImmediate);
      assert.equal(listeners, 1);
      for (const [i, pool] of pools.entries()) {
        pool.freeBlock(held[i]);
        for (const wait of waits[i]) pool.freeBlock(await wait);
      }
      assert.equal(listeners, 0);
    });

    test("an abort ends all waits with its signal, and no other", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      const held = pool.allocateBlock();
      const abort = new AbortController();
      const waits = Array.from({ length: 12 }, () => pool.allocateBlockAsync({ signal: abort.signal }));
      const other = pool.allocateBlockAsync({ signal: new AbortController().signal });
      abort.abort(new Error("enough"));
      for (const wait of waits) await assert.rejects(wait, { message: "enough" });
      pool.freeBlock(held);
      pool.freeBlock(await other);
      assert.equal(pool.getStats().used, 0);
    });

    test("a signal aborted before the call ends it though a block is free", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      await assert.rejects(pool.allocateBlockAsync({ signal: AbortSignal.abort() }), { name: "AbortError" });
      assert.equal(pool.getStats().used, 0);
    });

    test("a pool's end ends all waits", async () => {
      const pool = new MemoryPool(64, 1, { shared });
      pool.allocateBlock();
      const waiting = pool.allocateBlockAsync();
      pool[Symbol.dispose]();
      await assert.rejects(waiting, PoolDisposedError);
    });
  });
}
