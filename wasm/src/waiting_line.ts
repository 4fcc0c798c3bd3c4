/**
 * The calls of this Worker that wait for a block, in the order in which they came.
 *
 * The word `waiting` of the header is 1 when some line may have waiters. A free that reads 1 reports it; the freeing side
 * then stores 0, changes the word `freed` and wakes all Workers that sleep on it. A Worker terminated while it waits
 * thus costs one wake-up. A line reads `freed`, stores 1 to `waiting`, looks for a block, and sleeps unless `freed` has
 * changed, in this order:
 *
 * - It reads `freed` first: if a freeing side stores 0 over its 1, it changes `freed` later, and the line does not sleep.
 * - It stores 1 before it looks for a block, and a free sets the block's bit before it reads `waiting`: either the line
 *   finds the block, or the free wakes the line.
 */
import { addAbortCallback, removeAbortCallback } from "./aborts.js";
import { Header } from "./core.js";

interface Waiter<Block> {
  resolve(block: Block): void;
  reject(reason: unknown): void;
}

export class WaitingLine<Block> {
  readonly #words: Int32Array;
  readonly #shared: boolean;
  readonly #tryAllocate: () => Block | null;
  readonly #waiters = new Set<Waiter<Block>>();
  #watching = false;
  #awake: ReturnType<typeof setInterval> | undefined;

  constructor(memory: ArrayBufferLike, shared: boolean, tryAllocate: () => Block | null) {
    this.#words = new Int32Array(memory);
    this.#shared = shared;
    this.#tryAllocate = tryAllocate;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /** Errors: the signal's reason. */
  async join(signal?: AbortSignal): Promise<Block> {
    signal?.throwIfAborted();
    let waiter!: Waiter<Block>;
    const block = new Promise<Block>((resolve, reject) => (waiter = { resolve, reject }));
    const abort = () => this.#leave(waiter).reject(signal!.reason);
    if (signal) addAbortCallback(signal, abort);
    // Node ends a Worker that does nothing but wait, unless it has a timer.
    if (this.#shared && !this.#waiters.size) this.#awake = setInterval(() => {}, 2 ** 30);
    this.#waiters.add(waiter);
    this.#serve();
    void this.#watch();
    try {
      return await block;
    } finally {
      if (signal) removeAbortCallback(signal, abort);
    }
  }

  /** Blocks have been freed while calls waited, here or in another Worker. */
  blockFreed(): void {
    Atomics.store(this.#words, Header.waiting, 0);
    Atomics.add(this.#words, Header.freed, 1);
    Atomics.notify(this.#words, Header.freed);
    this.#serve();
  }

  rejectAll(reason: unknown): void {
    for (const waiter of this.#waiters) this.#leave(waiter).reject(reason);
    Atomics.notify(this.#words, Header.freed); // ends #watch
  }

  #serve(): void {
    if (this.#waiters.size) Atomics.store(this.#words, Header.waiting, 1);
    for (const waiter of this.#waiters) {
      const block = this.#tryAllocate();
      if (!block) return;
      this.#leave(waiter).resolve(block);
    }
  }

  #leave(waiter: Waiter<Block>): Waiter<Block> {
    if (this.#waiters.delete(waiter) && !this.#waiters.size) clearInterval(this.#awake);
    return waiter;
  }

  // Blocks that other Workers give back; on private memory there are none.
  async #watch(): Promise<void> {
    if (this.#watching || !this.#shared) return;
    this.#watching = true;
    while (this.#waiters.size) {
      const seen = Atomics.load(this.#words, Header.freed);
      this.#serve();
      if (this.#waiters.size) await this.#freedAfter(seen);
    }
    this.#watching = false;
  }

  // Where waitAsync is missing (Firefox before 145), a millisecond's nap stands in for it.
  #freedAfter(seen: number): Promise<unknown> | unknown {
    return Atomics.waitAsync
      ? Atomics.waitAsync(this.#words, Header.freed, seen).value
      : new Promise((wake) => setTimeout(wake, 1));
  }
}
