/**
 * Frames in fresh arrays, transferred from thread to thread without a copy. As many may be under way as the pool has
 * blocks; since nothing else would stop the source, the last thread sends it a credit for each frame.
 */
export class FreshCarrier {
  #bytes;
  #returns;
  #credits;
  #wake = () => {};

  constructor({ bytes, credits, returns }) {
    this.#bytes = bytes;
    this.#credits = credits;
    this.#returns = returns;
    if (credits) returns.onmessage = () => this.#credited();
  }

  async take() {
    while (!this.#credits) await new Promise((wake) => (this.#wake = wake));
    this.#credits--;
    return new Uint8Array(this.#bytes);
  }

  pack(array) {
    return [array.buffer, [array.buffer]];
  }

  unpack(buffer) {
    return new Uint8Array(buffer);
  }

  /** The array is garbage from here on. */
  release() {
    this.#returns.postMessage(0);
  }

  #credited() {
    this.#credits++;
    this.#wake();
  }
}
