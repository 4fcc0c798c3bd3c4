import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  AlreadyFreedError,
  ForeignBlockError,
  InvalidBlockSizeError,
  InvalidCapacityError,
  MemoryPool,
  PoolError,
  PoolExhaustedError,
} from "cenote";

const kinds = [{}, { shared: true }, { reuseViews: true }, { shared: true, reuseViews: true }, { trackLeaks: true }];

const allOf = (pool) => Array.from({ length: pool.capacity }, () => pool.allocateBlock());

for (const options of kinds) {
  describe(`a pool with ${JSON.stringify(options)}`, () => {
    test("hands out every block once, each over bytes of its own", () => {
      const pool = new MemoryPool(100, 130, options);
      const blocks = allOf(pool);
      const starts = blocks.map((block) => block.byteOffset).sort((a, b) => a - b);
      for (const block of blocks) assert.equal(block.length, 100);
      for (let i = 1; i < starts.length; ++i) assert.ok(starts[i] - starts[i - 1] >= 100);
      assert.ok(starts.at(-1) + 100 <= blocks[0].buffer.byteLength);
      assert.equal(new Set(blocks.map((block) => block.buffer)).size, 1);
    });

    test("says that it is exhausted: an error, or null", () => {
      const pool = new MemoryPool(16, 65, options);
      allOf(pool);
      assert.throws(
        () => pool.allocateBlock(),
        (error) => error instanceof PoolExhaustedError && error.code === "ERR_POOL_EXHAUSTED",
      );
      assert.equal(pool.tryAllocateBlock(), null);
      assert.equal(pool.getStats().available, 0);
    });

    test("has all blocks again when all are back, in any order", () => {
      const pool = new MemoryPool(32, 200, options);
      for (let round = 0; round < 3; ++round) {
        const blocks = allOf(pool);
        for (const i of blocks.keys()) pool.freeBlock(blocks[(i * 77) % 200]);
        assert.deepEqual([pool.getStats().used, pool.getStats().available], [0, 200]);
      }
    });

    test("counts what is in use", () => {
      const pool = new MemoryPool(64, 10, options);
      pool.allocateBlock();
      const { memoryBytes, ...stats } = pool.getStats();
      assert.deepEqual(stats, { blockSize: 64, capacity: 10, used: 1, available: 9, shared: options.shared ?? false });
      assert.equal(memoryBytes, 65536);
    });

    test("gives the bytes of the block itself", () => {
      const pool = new MemoryPool(64, 1, options);
      const block = pool.allocateBlock();
      block[5] = 7;
      pool.freeBlock(block);
      assert.equal(pool.allocateBlock()[5], 7);
    });

    test("zeroes on request", () => {
      const pool = new MemoryPool(100, 2, { ...options, zero: true });
      const [first, second] = allOf(pool);
      first.fill(1);
      second.fill(2);
      pool.freeBlock(first);
      assert.ok(pool.allocateBlock().every((byte) => byte === 0));
      assert.ok(second.every((byte) => byte === 2));
    });

    test("tells a block freed twice", () => {
      const pool = new MemoryPool(64, 3, options);
      const block = pool.allocateBlock();
      pool.freeBlock(block);
      assert.throws(
        () => pool.freeBlock(block),
        (error) => error instanceof AlreadyFreedError && error.code === "ERR_ALREADY_FREED",
      );
      assert.equal(pool.getStats().available, 3);
    });

    test("tells what is no block of it, whoever calls it one", () => {
      const pool = new MemoryPool(64, 3, options);
      const other = new MemoryPool(64, 3, options);
      const block = pool.allocateBlock();
      const lookAlike = Object.create(Object.getPrototypeOf(block), {
        byteOffset: { value: block.byteOffset },
        buffer: { value: block.buffer },
      });
      const foreign = [
        block.subarray(0),
        block.subarray(1),
        block.slice(),
        new Uint8Array(block.buffer, block.byteOffset, 64),
        new Uint8Array(64),
        new DataView(block.buffer, block.byteOffset, 64),
        other.allocateBlock(),
        lookAlike,
        { ...block },
        null,
        undefined,
        0,
        block.byteOffset,
        "block",
      ];
      for (const view of foreign) {
        assert.throws(
          () => pool.freeBlock(view),
          (error) => error instanceof ForeignBlockError && error.code === "ERR_FOREIGN_BLOCK",
        );
      }
      assert.equal(pool.getStats().used, 1);
      pool.freeBlock(block);
    });

    test("fills and copies its own blocks only", () => {
      const pool = new MemoryPool(33, 2, options);
      const [block, neighbour] = allOf(pool);
      pool.fill(neighbour, 1);
      pool.fill(block, 0x1ab);
      assert.ok(block.every((byte) => byte === 0xab) && neighbour.every((byte) => byte === 1));

      const copy = pool.copy(block, 30);
      assert.ok(copy.buffer instanceof ArrayBuffer && copy.buffer !== block.buffer);
      assert.deepEqual([...copy], [0xab, 0xab, 0xab]);
      block.fill(0);
      assert.equal(copy[0], 0xab);

      pool.freeBlock(block);
      for (const use of [() => pool.fill(block, 0), () => pool.copy(block)]) assert.throws(use, AlreadyFreedError);
      for (const use of [() => pool.fill(copy, 0), () => pool.copy(copy)]) assert.throws(use, ForeignBlockError);
    });
  });
}

for (const shared of [false, true]) {
  test(`filling a block of ${shared ? "shared" : "private"} memory ends with it, whatever its view says`, () => {
    const pool = new MemoryPool(64, 3, { shared });
    const [before, block, after] = allOf(pool).sort((a, b) => a.byteOffset - b.byteOffset);
    for (const name of ["length", "byteLength"]) Object.defineProperty(block, name, { value: 128 });
    Object.defineProperty(block, "byteOffset", { value: before.byteOffset });
    pool.fill(block, 7);
    assert.deepEqual([before[63], block[0], block[63], after[0]], [0, 7, 7, 0]);
  });
}

test("a stale view is told though its block has a new owner", () => {
  const pool = new MemoryPool(64, 1);
  const stale = pool.allocateBlock();
  pool.freeBlock(stale);
  const block = pool.allocateBlock();
  assert.equal(block.byteOffset, stale.byteOffset);
  assert.throws(() => pool.freeBlock(stale), AlreadyFreedError);
  assert.equal(pool.getStats().used, 1);
  pool.freeBlock(block);
});

test("reused views are the same object each time", () => {
  const pool = new MemoryPool(64, 2, { reuseViews: true });
  const block = pool.allocateBlock();
  pool.freeBlock(block);
  assert.equal(pool.allocateBlock(), block);
});

test("a reused view is stale until its block has a new owner, then it passes for the owner's", () => {
  const pool = new MemoryPool(64, 1, { reuseViews: true });
  const stale = pool.allocateBlock();
  pool.freeBlock(stale);
  assert.throws(() => pool.freeBlock(stale), AlreadyFreedError);
  const block = pool.allocateBlock();
  pool.freeBlock(stale);
  assert.throws(() => pool.freeBlock(block), AlreadyFreedError);
});

test("block sizes and capacities that make no sense are errors", () => {
  for (const size of [0, -1, 1.5, NaN, Infinity, "64", undefined, 2 ** 40]) {
    const error = size === 2 ** 40 ? InvalidCapacityError : InvalidBlockSizeError;
    assert.throws(() => new MemoryPool(size, 1), error);
  }
  for (const capacity of [0, -1, 1.5, NaN, Infinity, "1", undefined])
    assert.throws(() => new MemoryPool(64, capacity), InvalidCapacityError);
  assert.throws(
    () => new MemoryPool(1024, 4 * 2 ** 20),
    (error) => error.code === "ERR_INVALID_CAPACITY",
  );
});

test("errors have names that a minifier leaves alone, and one root", () => {
  assert.throws(
    () => new MemoryPool(0, 1),
    (error) =>
      error.name === "InvalidBlockSizeError" && error.code === "ERR_INVALID_BLOCK_SIZE" && error instanceof PoolError,
  );
});

test("any typed array fits over a block", () => {
  const pool = new MemoryPool(24, 3);
  for (const block of allOf(pool)) new BigUint64Array(block.buffer, block.byteOffset, 3).fill(1n);
});

test("a memory has room for all blocks, and less than a page too much", () => {
  for (const blockSize of [1, 16, 17, 1000, 4096]) {
    for (const capacity of [1, 63, 64, 65, 1000, 4100]) {
      const pool = new MemoryPool(blockSize, capacity);
      const end = Math.max(...allOf(pool).map((block) => block.byteOffset)) + Math.ceil(blockSize / 16) * 16;
      const spare = pool.getStats().memoryBytes - end;
      assert.ok(spare >= 0 && spare < 65536, `${capacity} blocks of ${blockSize} bytes leave ${spare}`);
    }
  }
});

test("views stay attached, and the memory as large, whatever happens", () => {
  const pool = new MemoryPool(4096, 64);
  const { memoryBytes } = pool.getStats();
  const kept = pool.allocateBlock();
  for (let i = 0; i < 10_000; ++i) pool.freeBlock(pool.allocateBlock());
  assert.equal(kept.length, 4096);
  assert.equal(kept.buffer.byteLength, memoryBytes);
});

test("blocks beyond 2 GiB have addresses, too", () => {
  const pool = new MemoryPool(2 ** 30, 3);
  const blocks = allOf(pool);
  assert.ok(blocks.at(-1).byteOffset > 2 ** 31);
  const handle = pool.handleOf(blocks.at(-1));
  assert.equal(pool.adopt(handle).byteOffset, blocks.at(-1).byteOffset);
});

test("a sequence of random calls agrees with a model", () => {
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 0x7fffffff) % below;
  const pool = new MemoryPool(48, 150);
  const owned = [];
  const stale = [];
  for (let step = 0; step < 20_000; ++step) {
    if (random(2)) {
      const block = pool.tryAllocateBlock();
      assert.equal(block === null, owned.length === 150);
      if (block) owned.push(block);
      block?.fill(owned.length);
    } else if (owned.length) {
      const [block] = owned.splice(random(owned.length), 1);
      assert.ok(block.every((byte) => byte === block[0]));
      pool.freeBlock(block);
      stale[random(20)] = block;
    } else {
      for (const block of stale) if (block) assert.throws(() => pool.freeBlock(block), AlreadyFreedError);
    }
    if (step % 100 === 0) assert.equal(pool.getStats().used, owned.length);
  }
});
