/** How large a pool's memory must be. The core decides what lies where (core/pool_memory.hpp); these are its sizes. */
import { InvalidBlockSizeError, InvalidCapacityError } from "./errors.js";

const PAGE_BYTES = 65536;
const MEMORY_BYTES_MAX = 2 ** 32;
const HEADER_BYTES = 192;

/** Blocks begin at multiples of this, so that any typed array can lie over one. */
const ALIGNMENT = 16;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

export interface Layout {
  /** Bytes from one block to the next. */
  readonly stride: number;
  /** Pages of the whole memory. */
  readonly pages: number;
}

/** Errors: InvalidBlockSizeError, InvalidCapacityError. */
export function layoutOf(blockSize: number, capacity: number): Layout {
  if (!isCount(blockSize)) throw new InvalidBlockSizeError(`block size ${blockSize} is no whole number above 0`);
  if (!isCount(capacity)) throw new InvalidCapacityError(`capacity ${capacity} is no whole number above 0`);
  const stride = roundUp(blockSize, ALIGNMENT);
  const bitmap = roundUp(capacity, 64) / 8;
  const blocks = roundUp(HEADER_BYTES + bitmap + 8 * capacity, 64);
  const bytes = roundUp(blocks + capacity * stride, PAGE_BYTES);
  if (bytes > MEMORY_BYTES_MAX)
    throw new InvalidCapacityError(`${capacity} blocks of ${blockSize} bytes do not fit into 4 GiB`);
  return { stride, pages: bytes / PAGE_BYTES };
}
