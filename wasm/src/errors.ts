/** The ways in which a call can fail: one class each, with a `code` that survives bundlers and Workers' boundaries. */

/** What all errors of this package have in common. */
export abstract class PoolError extends Error {
  abstract readonly code: string;
}

/** The block size is no whole number above 0. */
export class InvalidBlockSizeError extends PoolError {
  override readonly name = "InvalidBlockSizeError";
  readonly code = "ERR_INVALID_BLOCK_SIZE";
}

/** The capacity is no whole number above 0, or so many blocks do not fit into the 4 GiB of a WebAssembly memory. */
export class InvalidCapacityError extends PoolError {
  override readonly name = "InvalidCapacityError";
  readonly code = "ERR_INVALID_CAPACITY";
}

/** All blocks are in use. */
export class PoolExhaustedError extends PoolError {
  override readonly name = "PoolExhaustedError";
  readonly code = "ERR_POOL_EXHAUSTED";
}

/** Not a block of this pool: another pool's, a subarray of one, another view of its bytes, or no view at all. */
export class ForeignBlockError extends PoolError {
  override readonly name = "ForeignBlockError";
  readonly code = "ERR_FOREIGN_BLOCK";
}

/** The block is not yours any more: given back, or adopted by somebody who had its handle. */
export class AlreadyFreedError extends PoolError {
  override readonly name = "AlreadyFreedError";
  readonly code = "ERR_ALREADY_FREED";
}

/** The pool has been disposed of. */
export class PoolDisposedError extends PoolError {
  override readonly name = "PoolDisposedError";
  readonly code = "ERR_POOL_DISPOSED";
}

/** The system refused the memory. */
export class OutOfMemoryError extends PoolError {
  override readonly name = "OutOfMemoryError";
  readonly code = "ERR_OUT_OF_MEMORY";
}

/** This platform, or this page as it is served, cannot do it; the message says what is missing. */
export class UnsupportedError extends PoolError {
  override readonly name = "UnsupportedError";
  readonly code = "ERR_UNSUPPORTED";
}
