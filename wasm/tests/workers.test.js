import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { MemoryPool } from "cenote";

const WORKERS = 4;

/** A Worker that begins a task of tests/worker.js. */
const inWorker = (task, pool, data) =>
  new Worker(new URL("worker.js", import.meta.url), { workerData: { task, token: pool.share(), ...data } });

/** Runs a task in each of four Workers on one pool; what they answer. */
async function inWorkers(task, pool, data) {
  const workers = Array.from({ length: WORKERS }, (_, id) => inWorker(task, pool, { id: id + 1, ...data }));
  try {
    return await Promise.all(
      workers.map(async (worker) => {
        const answer = once(worker, "message");
        const failure = once(worker, "error").then(([error]) => Promise.reject(error));
        return (await Promise.race([answer, failure]))[0];
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

test("a Worker sees the pool that another shares", async () => {
  const pool = new MemoryPool(100, 7, { shared: true });
  pool.allocateBlock();
  const answers = await inWorkers("describe", pool);
  for (const answer of answers) {
    assert.deepEqual([answer.blockSize, answer.capacity, answer.available, answer.shared], [100, 7, 6, true]);
  }
});

test("four Workers on one pool never own one block at a time", async () => {
  const pool = new MemoryPool(64, 100, { shared: true });
  const answers = await inWorkers("churn", pool, { pairs: 50_000, hold: 40 });
  for (const answer of answers) {
    assert.equal(answer.lost, 0);
    assert.equal(answer.pairs, 50_000);
  }
  assert.equal(pool.getStats().available, 100);
});

test("nor do they when they fight for one word's last blocks", async () => {
  const pool = new MemoryPool(16, 3, { shared: true });
  const answers = await inWorkers("churn", pool, { pairs: 800_000, hold: 1 });
  for (const answer of answers) assert.equal(answer.lost, 0);
  assert.equal(pool.getStats().available, 3);
});

test("four Workers take all blocks between them, none twice", async () => {
  const pool = new MemoryPool(64, 1000, { shared: true });
  const starts = (await inWorkers("takeAll", pool)).flat();
  assert.equal(starts.length, 1000);
  assert.equal(new Set(starts).size, 1000);
  assert.equal(pool.tryAllocateBlock(), null);
});

test("four Workers wait for one block in turn, and each gets it", async () => {
  const pool = new MemoryPool(64, 1, { shared: true });
  const answers = await inWorkers("waitInTurn", pool, { turns: 300 });
  for (const answer of answers) assert.deepEqual(answer, { turns: 300, lost: 0 });
  assert.equal(pool.getStats().available, 1);
});

test("a block freed here is had by a Worker that waits for it", async () => {
  const pool = new MemoryPool(64, 1, { shared: true });
  const block = pool.allocateBlock();
  const worker = inWorker("waitAlone", pool);
  try {
    assert.deepEqual(await once(worker, "message"), ["waiting"]);
    const had = once(worker, "message");
    pool.freeBlock(block);
    assert.deepEqual(await had, [64]);
    assert.equal(pool.getStats().used, 1);
  } finally {
    await worker.terminate();
  }
});

test("a Worker that gives up waiting takes no block", async () => {
  const pool = new MemoryPool(64, 1, { shared: true });
  const block = pool.allocateBlock();
  const answers = await inWorkers("giveUp", pool);
  assert.deepEqual(answers, Array(WORKERS).fill("AbortError"));
  pool.freeBlock(block);
  assert.equal((await pool.allocateBlockAsync()).length, 64);
});

test("of four Workers with one handle, one adopts the block", async () => {
  const pool = new MemoryPool(64, 200, { shared: true });
  const handles = Array.from({ length: 200 }, () => pool.handleOf(pool.allocateBlock()));
  const adopted = await inWorkers("adoptAll", pool, { handles });
  assert.equal(
    adopted.reduce((sum, count) => sum + count, 0),
    200,
  );
  assert.equal(pool.getStats().available, 200);
});

test("a block passes to a Worker and back without a copy", async () => {
  const pool = new MemoryPool(64, 1, { shared: true });
  const worker = inWorker("increment", pool);
  try {
    let block = pool.allocateBlock();
    block.fill(0);
    for (let pass = 1; pass <= 100; ++pass) {
      worker.postMessage(pool.handleOf(block));
      const [handle] = await once(worker, "message");
      block = pool.adopt(handle);
      assert.equal(block[0], pass);
    }
    pool.freeBlock(block);
  } finally {
    await worker.terminate();
  }
});

test("of two ends that reclaim one Worker's blocks each gets its own", async () => {
  const pool = new MemoryPool(64, 3000, { shared: true });
  const gone = MemoryPool.attach(pool.share());
  for (let i = 0; i < 3000; ++i) gone.allocateBlock();
  gone[Symbol.dispose]();
  const counts = await inWorkers("reclaim", pool, { owner: gone.owner });
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    3000,
  );
  assert.equal(pool.getStats().used, 0);
});

test("only a shared pool can be shared, and only its token attached", () => {
  assert.throws(() => new MemoryPool(64, 1).share(), TypeError);
  for (const token of [
    undefined,
    null,
    {},
    { memory: {} },
    { memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }) },
  ]) {
    assert.throws(() => MemoryPool.attach(token), TypeError);
  }
});
