/**
 * Those who wait for a block, in the order in which they came.
 *
 * The header counts the lines that are not empty, one for each Worker at most. A free that sees one says so; then the
 * freeing side changes the word `freed` and wakes all who sleep on it. A line counts itself before it looks for a block,
 * and a free sets its bit before it reads the count, so one of the two sees the other.
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
    if (!this.#waiters.size) this.#begin();
    this.#waiters.add(waiter);
    this.#serve();
    void this.#watch();
    try {
      return await block;
    } finally {
      if (signal) removeAbortCallback(signal, abort);
    }
  }

  /** A block came back that somebody waits for, here or in another Worker. */
  blockFreed(): void {
    Atomics.add(this.#words, Header.freed, 1);
    Atomics.notify(this.#words, Header.freed);
    this.#serve();
  }

  rejectAll(reason: unknown): void {
    for (const waiter of this.#waiters) this.#leave(waiter).reject(reason);
    Atomics.notify(this.#words, Header.freed); // ends #watch
  }

  // Node ends a Worker that does nothing but wait, unless it has a timer.
  #begin(): void {
    Atomics.add(this.#words, Header.waiting, 1);
    if (this.#shared) this.#awake = setInterval(() => {}, 2 ** 30);
  }

  #end(): void {
    Atomics.sub(this.#words, Header.waiting, 1);
    clearInterval(this.#awake);
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      const block = this.#tryAllocate();
      if (!block) return;
      this.#leave(waiter).resolve(block);
    }
  }

  #leave(waiter: Waiter<Block>): Waiter<Block> {
    if (this.#waiters.delete(waiter) && !this.#waiters.size) this.#end();
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
