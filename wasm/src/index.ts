/** Pools of equal memory blocks for Node.js, browsers and Workers. */
export * from "./errors.js";
export { type Leak, type LeakReporter } from "./leaks.js";
export { type Lease } from "./lease.js";
export { MemoryPool, type MemoryPoolConstructor } from "./memory_pool.js";
export { type AllocateOptions, type PoolOptions, type PoolStats, type PoolToken, type ViewOptions } from "./options.js";
export { type BlockSink, type BlockSource, type ReadableOptions } from "./streams.js";
