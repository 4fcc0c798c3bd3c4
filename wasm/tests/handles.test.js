import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AlreadyFreedError, ForeignBlockError, MemoryPool } from "cenote";

for (const options of [{}, { shared: true }, { reuseViews: true }, { trackLeaks: true }]) {
  describe(`handles of a pool with ${JSON.stringify(options)}`, () => {
    test("lead to the block itself", () => {
      const pool = new MemoryPool(64, 5, options);
      pool.allocateBlock();
      const block = pool.allocateBlock();
      block[3] = 9;
      const handle = pool.handleOf(block);
      assert.ok(Number.isSafeInteger(handle));
      const adopted = pool.adopt(handle);
      assert.deepEqual([adopted.byteOffset, adopted[3], adopted.length], [block.byteOffset, 9, 64]);
      assert.equal(pool.getStats().used, 2);
      pool.freeBlock(adopted);
      assert.equal(pool.getStats().used, 1);
    });

    test("are the same for a block as long as nobody adopts it", () => {
      const pool = new MemoryPool(64, 1, options);
      const block = pool.allocateBlock();
      assert.equal(pool.handleOf(block), pool.handleOf(block));
    });

    test("work once", () => {
      const pool = new MemoryPool(64, 1, options);
      const handle = pool.handleOf(pool.allocateBlock());
      const block = pool.adopt(handle);
      assert.throws(() => pool.adopt(handle), AlreadyFreedError);
      assert.notEqual(pool.handleOf(block), handle);
    });

    test("end when the block is freed, for good", () => {
      const pool = new MemoryPool(64, 1, options);
      const block = pool.allocateBlock();
      const handle = pool.handleOf(block);
      pool.freeBlock(block);
      assert.throws(() => pool.adopt(handle), AlreadyFreedError);
      const next = pool.allocateBlock();
      assert.throws(() => pool.adopt(handle), AlreadyFreedError);
      pool.handleOf(next);
      assert.throws(() => pool.adopt(handle), AlreadyFreedError);
      assert.equal(pool.getStats().used, 1);
    });

    test("cannot be guessed from a block that has none", () => {
      const pool = new MemoryPool(64, 4, options);
      const step = 2 ** 20;
      const { byteOffset } = pool.allocateBlock();
      for (let generation = 0; generation < 5; ++generation) {
        assert.throws(() => pool.adopt(byteOffset * step + generation), AlreadyFreedError);
      }
    });

    test("are refused beyond the memory's 4 GiB and between whole numbers, and no block is lost", () => {
      const pool = new MemoryPool(64, 1, options);
      const handle = pool.handleOf(pool.allocateBlock());
      for (const wrong of [handle + 2 ** 52, handle - 2 ** 52, handle + 2 ** 60, handle + 0.5, String(handle)])
        assert.throws(() => pool.adopt(wrong), ForeignBlockError);
      pool.freeBlock(pool.adopt(handle));
      assert.equal(pool.getStats().used, 0);
    });

    test("are refused when no block is there", () => {
      const pool = new MemoryPool(64, 1, options);
      for (const handle of [
        0,
        1,
        -1,
        NaN,
        Infinity,
        2 ** 52,
        pool.allocateBlock().byteOffset * 2 ** 20 + 2 ** 24 + 1,
      ]) {
        assert.throws(() => pool.adopt(handle), ForeignBlockError);
      }
    });
  });
}

test("a view whose block was adopted is stale", () => {
  const pool = new MemoryPool(64, 2);
  const view = pool.allocateBlock();
  const adopted = pool.adopt(pool.handleOf(view));
  assert.throws(() => pool.freeBlock(view), AlreadyFreedError);
  assert.throws(() => pool.freeBlock(view), AlreadyFreedError);
  pool.freeBlock(adopted);
  assert.equal(pool.getStats().used, 0);
});

test("generations come round without harm", () => {
  const pool = new MemoryPool(64, 1);
  let block = pool.allocateBlock();
  for (let pass = 0; pass < 2 ** 23 + 3; ++pass) block = pool.adopt(pool.handleOf(block));
  pool.freeBlock(block);
  assert.equal(pool.getStats().used, 0);
});
