/**
 * A line from one thread to one other in shared memory, that waits in Atomics.wait: by whoever has nothing to do
 * while the other works. Made once, by `ringMemory`, then opened on both sides.
 */
const PUSHED = 0,
  POPPED = 1;
const HEADER_BYTES = 64;

export const ringMemory = (slots, slotBytes) => new SharedArrayBuffer(HEADER_BYTES + slots * slotBytes);

export class Ring {
  #counts;
  #slots;
  #slotOf;

  /** `slotOf(memory, offset)` is what a slot is to its user: a view. */
  constructor(memory, slots, slotBytes, slotOf) {
    this.#counts = new Int32Array(memory, 0, 2);
    this.#slots = slots;
    this.#slotOf = Array.from({ length: slots }, (_, slot) => slotOf(memory, HEADER_BYTES + slot * slotBytes));
  }

  /** `fill` writes to a slot that is free. */
  push(fill) {
    const pushed = Atomics.load(this.#counts, PUSHED);
    this.#wait(POPPED, (popped) => pushed - popped === this.#slots);
    fill(this.#slotOf[pushed % this.#slots]);
    this.#advance(PUSHED);
  }

  /** `use` reads what was pushed. */
  pop(use) {
    const popped = Atomics.load(this.#counts, POPPED);
    this.#wait(PUSHED, (pushed) => pushed === popped);
    use(this.#slotOf[popped % this.#slots]);
    this.#advance(POPPED);
  }

  #wait(count, isTooEarly) {
    for (let seen; isTooEarly((seen = Atomics.load(this.#counts, count))); ) Atomics.wait(this.#counts, count, seen);
  }

  #advance(count) {
    Atomics.add(this.#counts, count, 1);
    Atomics.notify(this.#counts, count);
  }
}
