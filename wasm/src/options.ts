/** What a pool is told when it is made, and what it tells. */
import type { LeakReporter } from "./leaks.js";

/** How this Worker sees a pool. */
export interface ViewOptions {
  /** The same view for a block each time: faster, and no garbage. But one kept after a free passes for the next owner's. */
  readonly reuseViews?: boolean;
  /** Blocks are zeroed when they are allocated. */
  readonly zero?: boolean;
  /**
   * For debugging: tells, by console.warn or the function given, of blocks whose view was collected before it was freed,
   * and of those in use when the pool is disposed of. Slow. Blocks whose handle was taken are not followed, and reused
   * views are never collected.
   */
  readonly trackLeaks?: boolean | LeakReporter;
}

export interface PoolOptions extends ViewOptions {
  /** On shared memory, for Workers. Browsers give it to cross-origin isolated pages only. */
  readonly shared?: boolean;
}

export interface AllocateOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

export interface PoolStats {
  readonly blockSize: number;
  readonly capacity: number;
  /** Blocks in use; used + available = capacity. */
  readonly used: number;
  readonly available: number;
  /** All of the pool's memory. */
  readonly memoryBytes: number;
  readonly shared: boolean;
}

/** A shared pool on its way to another Worker, by postMessage. */
export interface PoolToken {
  /** A WebAssembly.Memory. */
  readonly memory: object;
}
