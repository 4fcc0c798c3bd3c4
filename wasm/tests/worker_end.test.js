/** Workers that end by themselves or are terminated: in Node, where a test can wait until one has ended. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { AlreadyFreedError, MemoryPool } from "cenote";

/** A Worker that begins a task of tests/worker.js. */
const inWorker = (task, pool, data) =>
  new Worker(new URL("worker.js", import.meta.url), { workerData: { task, token: pool.share(), ...data } });

/** The same, while a pool's only block is in use here. */
function waiting(task) {
  const pool = new MemoryPool(64, 1, { shared: true });
  const block = pool.allocateBlock();
  const worker = inWorker(task, pool);
  return { pool, block, worker, ended: once(worker, "exit") };
}

test("a Worker that does nothing but wait lives until it has its block, and no longer", async () => {
  const { pool, block, worker, ended } = waiting("waitAlone");
  assert.deepEqual(await once(worker, "message"), ["waiting"]);
  await new Promise((resolve) => setTimeout(resolve, 50)); // it would end in this time
  pool.freeBlock(block);
  assert.deepEqual(await ended, [0]);
  assert.equal(pool.getStats().used, 1);
});

test("a Worker terminated while it waits costs one wake-up, and no more", async (t) => {
  const { pool, block, worker, ended } = waiting("waitAlone");
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
  const { pool, block, worker, ended } = waiting("waitAlone");
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
  assert.deepEqual(await waiting("giveUp").ended, [0]);
});

test("the blocks of a terminated Worker are reclaimed, but for one whose handle was adopted", async () => {
  const pool = new MemoryPool(64, 100, { shared: true });
  const mine = pool.allocateBlock();
  const worker = inWorker("hold", pool, { blocks: 60, handles: 2 });
  const [{ owner, handles }] = await once(worker, "message");
  const adopted = pool.adopt(handles[0]);
  await worker.terminate();
  assert.equal(pool.getStats().used, 63);
  assert.equal(pool.reclaim(owner), 61);
  assert.throws(() => pool.adopt(handles[1]), AlreadyFreedError);
  pool.freeBlock(adopted);
  pool.freeBlock(mine);
  assert.equal(pool.getStats().used, 0);
});

test("Workers terminated in the middle of their work lose no block", async () => {
  const pool = new MemoryPool(64, 100, { shared: true });
  for (let round = 0; round < 10; ++round) {
    const workers = Array.from({ length: 2 }, () => inWorker("churnForever", pool));
    const owners = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0].owner));
    await workers[0].terminate();
    pool.reclaim(owners[0]); // while the other goes on
    await workers[1].terminate();
    pool.reclaim(owners[1]);
    assert.equal(pool.getStats().used, 0);
  }
});
