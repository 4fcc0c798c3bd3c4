/**
 * Who is compared: each allocates a block of one size and frees it, as its users would.
 *
 * `makePeer(name, { size, capacity, modules, token })` is { allocate, free }, with `token` when other threads can have
 * the same pool. `bytes(block)` is how large a block is: what the benches check and sink. A thread loads only the
 * packages of its peer; some need Node's Buffer.
 */
import { MemoryPool } from "cenote";

/** What each leaves unchecked when a block is freed, printed below the tables. */
export const unchecked = {
  cenote: "checks every free",
  "cenote reuse": "cannot see a free through a view whose block has a new owner",
  "cenote shared": "checks every free",
  "cenote shared reuse": "cannot see a free through a view whose block has a new owner",
  raw: "the core's allocate and free by address, without a view: cannot see a stale free",
  "raw shared": "the core's allocate and free by address, without a view: cannot see a stale free",
  "free list": "LIMIT: an array of views, pop and push. Checks nothing, cannot be shared",
  "JS stack": "what JavaScript alone can share: Atomics on a number and a 16-bit tag. Checks nothing",
  "new Uint8Array": "nothing to free: zeroed anew each time, and collected",
  allocUnsafe: "Node's; nothing to free. Below 4 KiB slices of a slab of 8 KiB that lives while one of them does",
  allocUnsafeSlow: "Node's; nothing to free, never a slice",
  "thi.ng": "@thi.ng/malloc, any size; a free it does not know is false. Cannot see a stale free",
  "typedarray-pool": "any power of two, grows; checks nothing, takes foreign arrays too",
  protobufjs: "@protobufjs/pool: slices of a slab of 8 KiB, larger ones new; nothing to free",
  "buffer-reuse": "buffer-reuse-pool, grows; a foreign free is false, one block freed twice has two owners",
};

const nothing = () => {};
const PAGE_BYTES = 65536;

function cenote(options) {
  return ({ size, capacity, token }) => {
    const pool = token ? MemoryPool.attach(token, options) : new MemoryPool(size, capacity, options);
    return {
      allocate: () => pool.allocateBlock(),
      free: (block) => pool.freeBlock(block),
      token: options.shared && pool.share(),
    };
  };
}

function raw(shared) {
  return ({ size, capacity, modules, token }) => {
    const stride = Math.ceil(size / 16) * 16;
    const pages = Math.ceil((capacity * (stride + 8)) / PAGE_BYTES) + 1;
    const memory = token ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    const core = {
      ...new WebAssembly.Instance(shared ? modules.shared : modules.private, { env: { memory } }).exports,
    };
    if (!token) core.open(size, stride, capacity);
    return {
      allocate: () => core.allocate(),
      free: (address) => core.free(address),
      bytes: (address) => (address ? size : 0),
      token: shared && memory,
    };
  };
}

function freeList({ size, capacity }) {
  const memory = new ArrayBuffer(size * capacity);
  const free = Array.from({ length: capacity }, (_, slot) => new Uint8Array(memory, slot * size, size));
  return { allocate: () => free.pop(), free: (block) => void free.push(block) };
}

/** A block is its number, from 1. Word 0: a tag in the upper half, the first free block in the lower; then the links. */
function sharedStack({ size, capacity, token }) {
  const start = Math.ceil((1 + capacity) / 16) * 64;
  const memory = token ?? new SharedArrayBuffer(start + size * capacity);
  const words = new Int32Array(memory, 0, 1 + capacity);
  const views = Array.from({ length: capacity }, (_, slot) => new Uint8Array(memory, start + slot * size, size));
  if (!token) words.set(Array.from({ length: capacity }, (_, slot) => slot + 1));
  const replace = (head, block) =>
    Atomics.compareExchange(words, 0, head, ((head + 0x10000) & 0xffff0000) | block) === head;
  return {
    allocate() {
      for (;;) {
        const head = Atomics.load(words, 0);
        const block = head & 0xffff;
        if (!block || replace(head, Atomics.load(words, block))) return block;
      }
    },
    free(block) {
      for (;;) {
        const head = Atomics.load(words, 0);
        Atomics.store(words, block, head & 0xffff);
        if (replace(head, block)) return;
      }
    },
    bytes: (block) => views[block - 1].length,
    token: memory,
  };
}

async function thingMalloc({ size, capacity }) {
  const { MemPool } = await import("@thi.ng/malloc");
  const pool = new MemPool({ size: capacity * (size + 64) + 4096 });
  return { allocate: () => pool.mallocAs("u8", size), free: (block) => pool.free(block) };
}

async function typedArrayPool({ size }) {
  const { default: pool } = await import("typedarray-pool");
  return { allocate: () => pool.mallocUint8(size), free: (block) => pool.freeUint8(block) };
}

async function protobuf({ size }) {
  const { default: poolOf } = await import("@protobufjs/pool");
  const allocate = poolOf((bytes) => new Uint8Array(bytes), Uint8Array.prototype.subarray);
  return { allocate: () => allocate(size), free: nothing };
}

async function bufferReuse({ size }) {
  const { default: reuse } = await import("buffer-reuse-pool");
  const pool = reuse.pool(size);
  return { allocate: () => pool.alloc(), free: (block) => reuse.free(block) };
}

const makers = {
  cenote: cenote({}),
  "cenote reuse": cenote({ reuseViews: true }),
  "cenote shared": cenote({ shared: true }),
  "cenote shared reuse": cenote({ shared: true, reuseViews: true }),
  raw: raw(false),
  "raw shared": raw(true),
  "free list": freeList,
  "JS stack": sharedStack,
  "new Uint8Array": ({ size }) => ({ allocate: () => new Uint8Array(size), free: nothing }),
  allocUnsafe: ({ size }) => ({ allocate: () => Buffer.allocUnsafe(size), free: nothing }),
  allocUnsafeSlow: ({ size }) => ({ allocate: () => Buffer.allocUnsafeSlow(size), free: nothing }),
  "thi.ng": thingMalloc,
  "typedarray-pool": typedArrayPool,
  protobufjs: protobuf,
  "buffer-reuse": bufferReuse,
};

const NODE_ONLY = ["allocUnsafe", "allocUnsafeSlow", "buffer-reuse"];

/** Those of some peers that a platform has. */
export const having = (peers) => (platform) =>
  platform === "node" ? peers : peers.filter((peer) => !NODE_ONLY.includes(peer));

export const makePeer = async (name, wanted) => ({ bytes: (block) => block.length, ...(await makers[name](wanted)) });
