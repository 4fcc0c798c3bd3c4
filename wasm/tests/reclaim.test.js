/** Blocks of ends of a pool that are gone: disposed of here; tests/worker_end.test.js has Workers that were terminated. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AlreadyFreedError, MemoryPool, PoolDisposedError } from "cenote";

const used = (pool) => pool.getStats().used;

/** A pool and two more ends of it. */
function ends(capacity, options) {
  const pool = new MemoryPool(64, capacity, { shared: true, ...options });
  return [pool, MemoryPool.attach(pool.share(), options), MemoryPool.attach(pool.share(), options)];
}

const take = (pool, count) => Array.from({ length: count }, () => pool.allocateBlock());

test("every end has an owner id of its own, also after its end", () => {
  const ids = ends(1).map(({ owner }) => owner);
  assert.equal(new Set(ids).size, 3);
  for (const id of ids) assert.ok(Number.isInteger(id) && id > 0);
  const pool = new MemoryPool(64, 1);
  const { owner } = pool;
  pool[Symbol.dispose]();
  assert.equal(pool.owner, owner);
});

for (const options of [{}, { reuseViews: true }]) {
  describe(`reclaiming from a pool with ${JSON.stringify(options)}`, () => {
    test("frees the blocks of an end that was disposed of, and no other's", () => {
      const [pool, gone, other] = ends(200, options);
      const mine = take(pool, 30);
      const others = take(other, 30);
      const lost = take(gone, 100);
      for (const block of lost.splice(0, 40)) gone.freeBlock(block);
      gone[Symbol.dispose]();
      assert.equal(used(pool), 120);
      assert.equal(other.reclaim(gone.owner), 60);
      assert.equal(used(pool), 60);
      assert.equal(other.reclaim(gone.owner), 0);
      for (const block of mine) pool.freeBlock(block);
      for (const block of others) other.freeBlock(block);
      assert.equal(take(pool, 200).length, 200);
    });

    test("the creating end's blocks can be reclaimed by one attached later", () => {
      const pool = new MemoryPool(64, 2, { shared: true, ...options });
      const token = pool.share();
      pool.allocateBlock();
      pool[Symbol.dispose]();
      const heir = MemoryPool.attach(token, options);
      assert.equal(heir.reclaim(pool.owner), 1);
      assert.equal(used(heir), 0);
    });

    test("leaves a block alone whose handle was adopted, and ends a handle that nobody has", () => {
      const [pool, gone] = ends(2, options);
      const [adopted, unclaimed] = take(gone, 2).map((block) => gone.handleOf(block));
      const block = pool.adopt(adopted);
      gone[Symbol.dispose]();
      assert.equal(pool.reclaim(gone.owner), 1);
      assert.throws(() => pool.adopt(unclaimed), AlreadyFreedError);
      const next = pool.allocateBlock();
      pool.handleOf(next);
      assert.throws(() => pool.adopt(unclaimed), AlreadyFreedError);
      pool.freeBlock(block);
      pool.freeBlock(next);
      assert.equal(used(pool), 0);
    });

    test("an adopted block is its adopter's to lose", () => {
      const [pool, gone, other] = ends(1, options);
      const handle = other.handleOf(other.allocateBlock());
      gone.adopt(handle);
      gone[Symbol.dispose]();
      assert.equal(pool.reclaim(other.owner), 0);
      assert.equal(pool.reclaim(gone.owner), 1);
    });

    test("an end that lives after all cannot free, hand out or lose the next owner's block", () => {
      const [pool, alive] = ends(3, options);
      const [freed, handed, out] = take(alive, 3);
      const handle = alive.handleOf(out);
      assert.equal(pool.reclaim(alive.owner), 3);
      const blocks = take(pool, 3);
      assert.throws(() => alive.freeBlock(freed), AlreadyFreedError);
      assert.throws(() => alive.handleOf(handed), AlreadyFreedError);
      assert.throws(() => alive.freeBlock(out), AlreadyFreedError);
      assert.throws(() => alive.adopt(handle), AlreadyFreedError);
      assert.equal(used(pool), 3);
      for (const block of blocks) pool.freeBlock(block);
      assert.equal(used(pool), 0);
      assert.equal(take(alive, 3).length, 3);
    });

    test("serves calls that wait, here and at another end", async () => {
      const [pool, gone, other] = ends(2, options);
      take(gone, 2);
      gone[Symbol.dispose]();
      const waits = [pool.allocateBlockAsync(), other.allocateBlockAsync()];
      assert.equal(pool.reclaim(gone.owner), 2);
      await Promise.all(waits);
      assert.equal(used(pool), 2);
    });
  });
}

test("an id of no other end is refused", () => {
  const [pool, other] = ends(2);
  pool.allocateBlock();
  for (const id of [pool.owner, 0, -1, 4, 1.5, NaN, 2 ** 32 + other.owner, String(other.owner), undefined])
    assert.throws(() => pool.reclaim(id), TypeError, String(id));
  assert.throws(() => new MemoryPool(64, 1).reclaim(1), TypeError);
  assert.equal(used(pool), 1);
  pool[Symbol.dispose]();
  assert.throws(() => pool.reclaim(other.owner), PoolDisposedError);
});
