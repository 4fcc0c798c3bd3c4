/** A block that is given back when its scope ends. */
import { dispose } from "./dispose.js";

/** A block that gives itself back at the end of a `using` scope, unless it has been freed or handed on before. */
export class Lease<B extends ArrayBufferLike> implements Disposable {
  readonly block: Uint8Array<B>;
  #settle: ((block: Uint8Array<B>) => void) | undefined;

  /** @internal */
  constructor(block: Uint8Array<B>, settle: (block: Uint8Array<B>) => void) {
    this.block = block;
    this.#settle = settle;
  }

  /** Disposing twice is disposing once. */
  [dispose](): void {
    this.#settle?.(this.block);
    this.#settle = undefined;
  }
}
