/** A block that is given back when its scope ends. */
import { dispose } from "./dispose.js";

/** A block that gives itself back at the end of a `using` scope, unless it has been freed or handed on before. */
export class Lease<B extends ArrayBufferLike> implements Disposable {
  readonly block: Uint8Array<B>;
  #settle: (() => void) | undefined;

  /** @internal */
  constructor(block: Uint8Array<B>, settle: () => void) {
    this.block = block;
    this.#settle = settle;
  }

  /** Disposing twice is disposing once. */
  [dispose](): void {
    this.#settle?.();
    this.#settle = undefined;
  }
}
