/** The pool's public type. A class cannot say by itself that an option decides which kind of buffer is behind its views. */
import type { PoolOptions, PoolToken, ViewOptions } from "./options.js";
import { Pool } from "./pool.js";

/**
 * A pool of equal blocks. Views of a shared one are no BufferSource: Blob and subtle.digest refuse them at compile time.
 */
export interface MemoryPool<B extends ArrayBufferLike = ArrayBuffer> extends Pool<B> {}

export interface MemoryPoolConstructor {
  /**
   * Errors: InvalidBlockSizeError, InvalidCapacityError, OutOfMemoryError; UnsupportedError when the page may not have
   * shared memory, or WebAssembly at all.
   */
  new (
    blockSize: number,
    capacity: number,
    options?: PoolOptions & { readonly shared?: false },
  ): MemoryPool<ArrayBuffer>;
  new (
    blockSize: number,
    capacity: number,
    options: PoolOptions & { readonly shared: true },
  ): MemoryPool<SharedArrayBuffer>;
  new (
    blockSize: number,
    capacity: number,
    options?: PoolOptions,
  ): MemoryPool<ArrayBuffer> | MemoryPool<SharedArrayBuffer>;
  /** The pool that `share` told of, in this Worker. Errors: TypeError when the token is none. */
  attach(token: PoolToken, options?: ViewOptions): MemoryPool<SharedArrayBuffer>;
  readonly prototype: MemoryPool<ArrayBufferLike>;
}

export const MemoryPool = Pool as unknown as MemoryPoolConstructor;
