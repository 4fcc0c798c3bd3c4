/** When Node ends a Worker that waits: browsers end none by themselves. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { MemoryPool } from "cenote";

/** A Worker that begins a task of tests/worker.js while a pool's only block is in use here. */
function inWorker(task) {
  const pool = new MemoryPool(64, 1, { shared: true });
  const block = pool.allocateBlock();
  const worker = new Worker(new URL("worker.js", import.meta.url), { workerData: { task, token: pool.share() } });
  return { pool, block, worker, ended: once(worker, "exit") };
}

test("a Worker that does nothing but wait lives until it has its block, and no longer", async () => {
  const { pool, block, worker, ended } = inWorker("waitAlone");
  assert.deepEqual(await once(worker, "message"), ["waiting"]);
  await new Promise((resolve) => setTimeout(resolve, 50)); // it would end in this time
  pool.freeBlock(block);
  assert.deepEqual(await ended, [0]);
  assert.equal(pool.getStats().used, 1);
});

test("a Worker terminated while it waits costs one wake-up, and no more", async (t) => {
  const { pool, block, worker, ended } = inWorker("waitAlone");
  assert.deepEqual(await once(worker, "message"), ["waiting"]);
  await worker.terminate();
  await ended;
  const { mock } = t.mock.method(Atomics, "notify");
  pool.freeBlock(block);
  assert.equal(mock.callCount(), 1);
  for (let i = 0; i < 10; ++i) pool.freeBlock(pool.allocateBlock());
  assert.equal(mock.callCount(), 1);
});

test("a Worker terminated while it waits leaves others waiting well", async () => {
  const { pool, block, worker, ended } = inWorker("waitAlone");
  assert.deepEqual(await once(worker, "message"), ["waiting"]);
  const ends = [pool, MemoryPool.attach(pool.share())];
  const here = ends[0].allocateBlockAsync();
  await worker.terminate();
  await ended;
  const waits = [here, ends[1].allocateBlockAsync()];
  const served = waits.map(async (wait, i) => ends[i].freeBlock(await wait));
  pool.freeBlock(block);
  await Promise.all(served);
  assert.equal(pool.getStats().used, 0);
});

test("a Worker that has given up waiting may end", async () => {
  assert.deepEqual(await inWorker("giveUp").ended, [0]);
});
