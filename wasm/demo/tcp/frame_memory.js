/** Where the relay's frames lie: in blocks of a pool, or in fresh buffers of which as many may be under way. */
import { MemoryPool } from "cenote";

import { PoolCarrier } from "../pipeline/pool_carrier.js";

class PoolFrames extends PoolCarrier {
  constructor({ bytes, blocks }) {
    super({ pool: new MemoryPool(bytes, blocks, { shared: true }) });
    this.carrier = { kind: "pool", token: this.pool.share() };
  }

  tryTake() {
    return this.pool.tryAllocateBlock();
  }

  get used() {
    return this.pool.getStats().used;
  }
}

class FreshFrames {
  carrier = { kind: "fresh" };
  used = 0;
  #wake = () => {};

  constructor({ bytes, blocks }) {
    this.bytes = bytes;
    this.blocks = blocks;
  }

  /** Not zeroed, and not from Node's own small pool, whose buffers cannot be transferred. */
  tryTake() {
    if (this.used === this.blocks) return null;
    this.used++;
    return Buffer.allocUnsafeSlow(this.bytes);
  }

  async take() {
    while (this.used === this.blocks) await new Promise((wake) => (this.#wake = wake));
    return this.tryTake();
  }

  pack(frame) {
    return [frame.buffer, [frame.buffer]];
  }

  unpack(buffer) {
    return new Uint8Array(buffer);
  }

  release() {
    this.used--;
    this.#wake();
  }
}

export const framesIn = (kind, options) => new { pool: PoolFrames, fresh: FreshFrames }[kind](options);
