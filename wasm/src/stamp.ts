/** What a view that owns a block carries: private fields, which nobody can forge or copy. */
import { AlreadyFreedError, ForeignBlockError } from "./errors.js";

/** A constructor that returns what it is given: the fields of a subclass are then added to that object. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/** The stamped view itself, as this class sees it; its prototype remains Uint8Array's, so all functions are static. */
export class Stamp extends Given {
  #owner: object | null;
  /** Of the block. V8 takes 10 ns to tell a view's byteOffset. */
  readonly #address: number;
  /** Above 0: of the handle that is out. A field of its own for the tenure would make all views slower. */
  #generation = 0;

  constructor(view: Uint8Array, owner: object, address: number) {
    super(view);
    this.#owner = owner;
    this.#address = address;
  }

  /** Errors: ForeignBlockError, AlreadyFreedError. */
  static of(view: unknown, owner: object): Stamp {
    const stamp = view as Stamp;
    let found;
    try {
      found = stamp.#owner; // a TypeError where there is no such field: faster than to ask before
    } catch {
      throw new ForeignBlockError("no block");
    }
    if (found !== owner)
      throw found ? new ForeignBlockError("a block of another pool") : new AlreadyFreedError("the block is freed");
    return stamp;
  }

  static addressOf(stamp: Stamp): number {
    return stamp.#address;
  }

  /** Of the handle that is out (core/handles.hpp); 0 or less when none is. */
  static generationOf(stamp: Stamp): number {
    return stamp.#generation;
  }
  static handOut(stamp: Stamp, generation: number): void {
    stamp.#generation = generation;
  }

  /** The view owns nothing any more. */
  static void(stamp: Stamp): void {
    stamp.#owner = null;
  }
  /** A stamped view owns its block again. `tenure` is below 0, and another one each time. */
  static renew(view: Uint8Array, owner: object, tenure: number): void {
    const stamp = view as unknown as Stamp;
    stamp.#owner = owner;
    stamp.#generation = tenure;
  }

  /**
   * Tells the owners apart that a block has had with the same view. Above 0 while a handle is out, since the view may
   * have lost its block then.
   */
  static tenureOf(view: unknown): number {
    return typeof view === "object" && view && #generation in view ? view.#generation : 0;
  }
}
