/** Compiled, never run: what must compile, and by @ts-expect-error what must not. */
import { type BlockSource, MemoryPool, type PoolError, PoolExhaustedError, type PoolStats } from "cenote";

declare function same<A, B>(
  ...proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
): void;

const own = new MemoryPool(4096, 8);
const shared = new MemoryPool(4096, 8, { shared: true });
declare const either: boolean;
const unknown = new MemoryPool(4096, 8, { shared: either });

same<typeof own, MemoryPool<ArrayBuffer>>();
same<typeof shared, MemoryPool<SharedArrayBuffer>>();
same<typeof unknown, MemoryPool<ArrayBuffer> | MemoryPool<SharedArrayBuffer>>();
same<MemoryPool, MemoryPool<ArrayBuffer>>();

const block = own.allocateBlock();
const sharedBlock = shared.allocateBlock();
same<typeof block, Uint8Array<ArrayBuffer>>();
same<typeof sharedBlock, Uint8Array<SharedArrayBuffer>>();
same<ReturnType<typeof own.tryAllocateBlock>, Uint8Array<ArrayBuffer> | null>();
same<Awaited<ReturnType<typeof shared.allocateBlockAsync>>, Uint8Array<SharedArrayBuffer>>();
same<ReturnType<typeof own.getStats>, PoolStats>();
same<ReturnType<typeof shared.handleOf>, number>();

// Interfaces that ask for a BufferSource refuse shared memory at compile time, and take a copy.
new Blob([block]);
void crypto.subtle.digest("SHA-256", block);
// @ts-expect-error
new Blob([sharedBlock]);
// @ts-expect-error
void crypto.subtle.digest("SHA-256", sharedBlock);
void crypto.subtle.digest("SHA-256", shared.copy(sharedBlock));

// A block goes back to a pool on the same kind of memory.
own.freeBlock(block);
// @ts-expect-error
own.freeBlock(sharedBlock);
// @ts-expect-error
shared.freeBlock(block);
// @ts-expect-error
own.freeBlock(null);
// @ts-expect-error
own.freeBlock(own.tryAllocateBlock());
// @ts-expect-error
const mistaken: MemoryPool<SharedArrayBuffer> = own;

// Only shared pools are shared.
const token = shared.share();
same<ReturnType<typeof MemoryPool.attach>, MemoryPool<SharedArrayBuffer>>();
MemoryPool.attach(token, { reuseViews: true });
// @ts-expect-error
own.share();
// @ts-expect-error
MemoryPool.attach(token, { shared: false });
// @ts-expect-error
MemoryPool.attach({});

// Only shared pools have other ends whose blocks can be reclaimed.
same<typeof own.owner, number>();
same<ReturnType<typeof shared.reclaim>, number>();
// @ts-expect-error
own.reclaim(1);
// @ts-expect-error
shared.owner = 2;

// Options are known, and all may be left out.
new MemoryPool(1, 1, {
  zero: true,
  reuseViews: true,
  trackLeaks: (leak) => console.log(leak.allocatedAt, leak.collected),
});
// @ts-expect-error
new MemoryPool(1);
// @ts-expect-error
new MemoryPool("1", 1);
// @ts-expect-error
new MemoryPool(1, 1, { zeroed: true });
// @ts-expect-error
own.blockSize = 5;
// @ts-expect-error
own.getStats().used = 0;

// Streams carry the pool's views.
const source: BlockSource<ArrayBuffer> = { pull: (into) => into.length };
same<ReturnType<typeof own.readable>, ReadableStream<Uint8Array<ArrayBuffer>>>();
void own.readable(source).pipeTo(own.writable({ write: (chunk) => own.fill(chunk, 0) }));
void shared.readable({ pull: async (into) => into.length, cancel: () => {} });
same<ReturnType<typeof shared.readable>, ReadableStream<Uint8Array<ArrayBuffer>>>();
new Response(shared.readable({ pull: () => 0 }, { copies: true }));
// @ts-expect-error
own.readable({ pull: () => "4" });
// @ts-expect-error
void own.readable(source).pipeTo(shared.writable({ write() {} }));
// @ts-expect-error
own.writable({});

// Scopes.
{
  using pool = new MemoryPool(64, 1);
  using lease = pool.lease();
  same<typeof lease.block, Uint8Array<ArrayBuffer>>();
  // @ts-expect-error
  lease.block = block;
}

// Errors have a code that narrows.
declare const error: PoolError | PoolExhaustedError;
error.code satisfies string;
new PoolExhaustedError().code satisfies "ERR_POOL_EXHAUSTED";
// @ts-expect-error
new PoolExhaustedError().code = "ERR_POOL_EXHAUSTED";
// @ts-expect-error
own.adopt("1");

void [mistaken, unknown];
