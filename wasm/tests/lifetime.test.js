import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

import { AlreadyFreedError, MemoryPool, PoolDisposedError, PoolExhaustedError } from "cenote";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

test("a lease gives its block back when it ends, once", () => {
  const pool = new MemoryPool(64, 1);
  const lease = pool.lease();
  assert.equal(lease.block.length, 64);
  assert.throws(() => pool.lease(), PoolExhaustedError);
  lease[Symbol.dispose]();
  const next = pool.allocateBlock();
  lease[Symbol.dispose]();
  assert.equal(pool.getStats().used, 1);
  assert.throws(() => pool.freeBlock(lease.block), AlreadyFreedError);
  pool.freeBlock(next);
});

test("a lease leaves a block alone that was freed or handed on", () => {
  const pool = new MemoryPool(64, 2);
  const freed = pool.lease(),
    handed = pool.lease();
  pool.freeBlock(freed.block);
  const handle = pool.handleOf(handed.block);
  freed[Symbol.dispose]();
  handed[Symbol.dispose]();
  assert.equal(pool.getStats().used, 1);
  pool.freeBlock(pool.adopt(handle));
});

test("a lease leaves a freed block's next owner alone, also when that has the same view", () => {
  const pool = new MemoryPool(64, 2, { reuseViews: true });
  const lease = pool.lease();
  pool.freeBlock(lease.block);
  const next = pool.allocateBlock();
  assert.equal(next, lease.block);
  lease[Symbol.dispose]();
  assert.equal(pool.getStats().used, 1);
  assert.notEqual(pool.allocateBlock(), next);
});

test("a pool disposed of serves nobody, however often it is asked", () => {
  const pool = new MemoryPool(64, 3, { shared: true });
  const block = pool.allocateBlock();
  const handed = pool.allocateBlock();
  const handle = pool.handleOf(handed);
  pool[Symbol.dispose]();
  pool[Symbol.dispose]();
  const calls = [
    () => pool.allocateBlock(),
    () => pool.tryAllocateBlock(),
    () => pool.fill(block, 0),
    () => pool.copy(block),
    () => pool.freeBlock(block),
    () => pool.freeBlock(block),
    () => pool.freeBlock(handed),
    () => pool.freeBlock(handed),
    () => pool.getStats(),
    () => pool.lease(),
    () => pool.share(),
    () => pool.handleOf(block),
    () => pool.handleOf(handed),
    () => pool.adopt(handle),
    () => pool.adopt(-1),
    () => pool.readable({ pull: () => 0 }),
    () => pool.writable({ write() {} }),
  ];
  for (const call of calls)
    assert.throws(
      call,
      (error) => error instanceof PoolDisposedError && error.code === "ERR_POOL_DISPOSED",
      String(call),
    );
});

test("a wait begun after the end is refused", async () => {
  const pool = new MemoryPool(64, 1);
  pool[Symbol.dispose]();
  await assert.rejects(pool.allocateBlockAsync(), PoolDisposedError);
});

test("leaks are told when the pool ends, with where they were allocated", () => {
  const leaks = [];
  const pool = new MemoryPool(64, 3, { trackLeaks: (leak) => leaks.push(leak) });
  const forgetful = () => pool.allocateBlock();
  const kept = forgetful();
  pool.freeBlock(pool.allocateBlock());
  pool.handleOf(pool.allocateBlock());
  pool[Symbol.dispose]();
  assert.equal(leaks.length, 1);
  assert.equal(leaks[0].collected, false);
  assert.match(leaks[0].allocatedAt, /forgetful/);
  assert.equal(kept.length, 64);
});

test("leaks are told when a view is collected", async () => {
  const leaks = [];
  const pool = new MemoryPool(64, 3, { trackLeaks: (leak) => leaks.push(leak) });
  (() => void pool.allocateBlock())();
  for (let i = 0; i < 50 && !leaks.length; ++i) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.deepEqual(
    leaks.map((leak) => leak.collected),
    [true],
  );
  assert.equal(pool.getStats().used, 1);
});

test("nothing leaks: nothing is told", async () => {
  const pool = new MemoryPool(64, 3, { trackLeaks: () => assert.fail("told") });
  for (let i = 0; i < 100; ++i) pool.freeBlock(pool.allocateBlock());
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 5));
  pool[Symbol.dispose]();
});

test("a warning is printed where no reporter is given", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  const pool = new MemoryPool(64, 3, { trackLeaks: true });
  pool.allocateBlock();
  pool[Symbol.dispose]();
  assert.match(warn.mock.calls[0].arguments[0], /^cenote: .*never freed/);
});
