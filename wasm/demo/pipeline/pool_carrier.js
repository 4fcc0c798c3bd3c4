/** Frames in blocks of a shared pool. What travels is a number; the block stays where it is. */
import { MemoryPool } from "cenote";

export class PoolCarrier {
  constructor({ token, pool = MemoryPool.attach(token) }) {
    this.pool = pool;
  }

  /** Waits while all blocks are in use: this is all there is to back-pressure. */
  take() {
    return this.pool.allocateBlockAsync();
  }

  /** What to post, and what to transfer with it. */
  pack(block) {
    return [this.pool.handleOf(block), []];
  }

  unpack(handle) {
    return this.pool.adopt(handle);
  }

  release(block) {
    this.pool.freeBlock(block);
  }
}
