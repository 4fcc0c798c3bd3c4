import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { AlreadyFreedError, ForeignBlockError, MemoryPool } from "cenote";

const used = (pool) => pool.getStats().used;

/** A source of `bytes` bytes: 0, 1, 2 ... */
const counting = (bytes) => {
  let next = 0;
  return {
    pull(block) {
      const filled = Math.min(block.length, bytes - next);
      for (let i = 0; i < filled; ++i) block[i] = next++;
      return filled;
    },
  };
};

for (const options of [{}, { shared: true }, { reuseViews: true }, { trackLeaks: true }]) {
  describe(`streams of a pool with ${JSON.stringify(options)}`, () => {
    test("carry bytes from a source to a sink without a copy, and give all blocks back", async () => {
      const pool = new MemoryPool(16, 2, options);
      const seen = [];
      await pool.readable(counting(40)).pipeTo(pool.writable({ write: (block) => void seen.push(...block) }));
      assert.deepEqual(seen, [...Array(40).keys()]);
      assert.equal(used(pool), 0);
    });

    test("pass blocks through a transform that writes to them in place", async () => {
      const pool = new MemoryPool(16, 4, options);
      const seen = [];
      const increment = (block, controller) => {
        for (const i of block.keys()) ++block[i];
        controller.enqueue(block);
      };
      await pool
        .readable(counting(40))
        .pipeThrough(new TransformStream({ transform: increment }))
        .pipeTo(pool.writable({ write: (block) => void seen.push(...block) }));
      assert.deepEqual(
        seen,
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
      assert.equal(used(pool), 0);
    });

    test("a part of a block is a block to free", async () => {
      const pool = new MemoryPool(16, 2, options);
      const reader = pool.readable(counting(5)).getReader();
      const { value } = await reader.read();
      assert.equal(value.length, 5);
      assert.equal(used(pool), 1);
      pool.freeBlock(value);
      assert.deepEqual(await reader.read(), { done: true, value: undefined });
      assert.equal(used(pool), 0);
      assert.equal(pool.allocateBlock().length, 16);
    });

    test("a reader that frees nothing is not given more than the pool has", async () => {
      const pool = new MemoryPool(16, 2, options);
      const reader = pool.readable(counting(1000)).getReader();
      const first = (await reader.read()).value;
      await reader.read();
      const third = reader.read();
      assert.equal(await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 5, "waits"))]), "waits");
      pool.freeBlock(first);
      assert.equal((await third).value[0], 32);
    });

    test("a Response and a loop read more chunks than the pool has blocks, as copies", async () => {
      const pool = new MemoryPool(16, 2, options);
      const text = await new Response(pool.readable(counting(100), { copies: true })).text();
      assert.equal(text, String.fromCharCode(...Array(100).keys()));
      const seen = [];
      for await (const chunk of pool.readable(counting(100), { copies: true })) seen.push(chunk);
      assert.deepEqual(
        seen.flatMap((chunk) => [...chunk]),
        [...Array(100).keys()],
      );
      for (const chunk of seen) assert.ok(chunk.buffer instanceof ArrayBuffer);
      assert.throws(() => pool.freeBlock(seen[0]), ForeignBlockError);
      assert.equal(used(pool), 0);
    });

    test("nothing is read ahead, so a cancelled stream loses no block", async () => {
      const pool = new MemoryPool(16, 4, options);
      let cancelled;
      const stream = pool.readable({ ...counting(1000), cancel: (reason) => void (cancelled = reason) });
      assert.equal(used(pool), 0);
      await stream.cancel("enough");
      assert.equal(cancelled, "enough");
      assert.equal(used(pool), 0);
    });

    test("a stream cancelled while its source fills a block gives that back", async () => {
      const pool = new MemoryPool(16, 1, options);
      let fill;
      const reader = pool.readable({ pull: () => new Promise((resolve) => (fill = resolve)) }).getReader();
      const read = reader.read();
      await new Promise(setImmediate);
      assert.equal(used(pool), 1);
      await reader.cancel();
      fill(16);
      assert.equal((await read).done, true);
      await new Promise(setImmediate);
      assert.equal(used(pool), 0);
    });

    test("a stream cancelled while it waits for a block stops waiting", async () => {
      const pool = new MemoryPool(16, 1, options);
      const held = pool.allocateBlock();
      const reader = pool.readable(counting(16)).getReader();
      const read = reader.read();
      await reader.cancel();
      assert.equal((await read).done, true);
      pool.freeBlock(held);
      assert.equal(used(pool), 0);
    });

    test("a failing source fails the stream, and its block comes back", async () => {
      for (const pull of [
        () => {
          throw new Error("no more");
        },
        () => Promise.reject(new Error("no more")),
      ]) {
        const pool = new MemoryPool(16, 1, options);
        await assert.rejects(pool.readable({ pull }).getReader().read(), { message: "no more" });
        assert.equal(used(pool), 0);
      }
    });

    test("a source that claims an impossible count fails the stream", async () => {
      for (const bytes of [17, -1, 1.5]) {
        const pool = new MemoryPool(16, 1, options);
        await assert.rejects(
          pool
            .readable({ pull: () => bytes })
            .getReader()
            .read(),
          RangeError,
        );
        assert.equal(used(pool), 0);
      }
    });

    test("a failing sink fails the stream, and all queued blocks come back", async () => {
      const pool = new MemoryPool(16, 4, options);
      const writer = pool.writable({ write: () => Promise.reject(new Error("full")) }).getWriter();
      const writes = [1, 2, 3].map(() => writer.write(pool.allocateBlock()));
      for (const write of writes) await assert.rejects(write, { message: "full" });
      await assert.rejects(writer.closed);
      assert.equal(used(pool), 0);

      const late = pool.allocateBlock();
      await assert.rejects(writer.write(late));
      pool.freeBlock(late);
    });

    test("an aborted stream gives its queue back, and takes nothing more", async () => {
      const pool = new MemoryPool(16, 4, options);
      let aborted, wrote;
      const writer = pool
        .writable({ write: () => new Promise((resolve) => (wrote = resolve)), abort: (reason) => (aborted = reason) })
        .getWriter();
      const writes = [1, 2, 3].map(() => writer.write(pool.allocateBlock()));
      await new Promise(setImmediate);
      const abort = writer.abort("stop");
      const late = pool.allocateBlock();
      writes.push(writer.write(late));
      wrote();
      await abort;
      await Promise.allSettled(writes);
      await assert.rejects(writer.closed);
      assert.equal(aborted, "stop");
      assert.equal(used(pool), 1);
      pool.freeBlock(late);
    });

    test("a sink may hand a block on, or free it", async () => {
      const pool = new MemoryPool(16, 4, options);
      const handles = [];
      const writer = pool
        .writable({ write: (block) => (handles.length ? pool.freeBlock(block) : handles.push(pool.handleOf(block))) })
        .getWriter();
      await writer.write(pool.allocateBlock());
      await writer.write(pool.allocateBlock());
      await writer.close();
      assert.equal(used(pool), 1);
      pool.freeBlock(pool.adopt(handles[0]));
    });

    test("a source may hand on what it fills in part: the reader and the handle are for one block", async () => {
      const pool = new MemoryPool(16, 1, options);
      let handle;
      const pull = (block) => ((handle = pool.handleOf(block)), 4);
      const { value } = await pool.readable({ pull }).getReader().read();
      assert.equal(value.length, 4);
      const adopted = pool.adopt(handle);
      assert.throws(() => pool.freeBlock(value), AlreadyFreedError);
      pool.freeBlock(adopted);
      assert.equal(used(pool), 0);
    });

    test("a chunk that is no block fails the stream before the sink sees it", async () => {
      const pool = new MemoryPool(16, 4, options);
      const writer = pool.writable({ write: () => assert.fail("seen") }).getWriter();
      await assert.rejects(writer.write(new Uint8Array(16)), ForeignBlockError);
      await assert.rejects(writer.closed);
    });

    test("a sink's close is called", async () => {
      const pool = new MemoryPool(16, 1, options);
      let closed = false;
      await pool.writable({ write() {}, close: () => void (closed = true) }).close();
      assert.ok(closed);
    });
  });
}

test("a block that a sink frees is left to its next owner, also when that has the same view", async () => {
  const pool = new MemoryPool(16, 1, { reuseViews: true });
  let next;
  const write = (block) => {
    pool.freeBlock(block);
    next = pool.allocateBlock();
    assert.equal(next, block);
  };
  await pool.writable({ write }).getWriter().write(pool.allocateBlock());
  assert.equal(used(pool), 1);
  pool.freeBlock(next);
});

test("a block freed while it is queued is refused, and left to its next owner, with the same view", async () => {
  const pool = new MemoryPool(16, 2, { reuseViews: true });
  let proceed;
  const seen = [];
  const write = (block) => {
    seen.push(block);
    return new Promise((resolve) => (proceed = resolve));
  };
  const writer = pool.writable({ write }).getWriter();
  const first = writer.write(pool.allocateBlock());
  const queued = pool.allocateBlock();
  const second = assert.rejects(writer.write(queued), AlreadyFreedError);
  await new Promise(setImmediate);
  pool.freeBlock(queued);
  assert.equal(pool.allocateBlock(), queued);
  proceed();
  await first;
  await second;
  await assert.rejects(writer.closed, AlreadyFreedError);
  assert.equal(seen.length, 1);
  assert.equal(used(pool), 1);
  pool.freeBlock(queued);
});

for (const bytes of [16, 5]) {
  test(`a source that frees its block and claims ${bytes} bytes fails the stream, not the next owner`, async () => {
    const pool = new MemoryPool(16, 1, { reuseViews: true });
    const pull = (block) => {
      pool.freeBlock(block);
      assert.equal(pool.allocateBlock(), block);
      return bytes;
    };
    await assert.rejects(pool.readable({ pull }).getReader().read(), AlreadyFreedError);
    assert.equal(used(pool), 1);
  });
}

test("what a stream has freed is stale", async () => {
  const pool = new MemoryPool(16, 1);
  const writer = pool.writable({ write() {} }).getWriter();
  const block = pool.allocateBlock();
  await writer.write(block);
  assert.throws(() => pool.freeBlock(block), AlreadyFreedError);
});
