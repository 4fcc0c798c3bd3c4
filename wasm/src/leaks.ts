/** A debugging aid: remembers where each block was allocated, and tells of those that can never be given back. */

import { byteOffsetOf } from "./views.js";

export interface Leak {
  /** The stack of the call that allocated the block. */
  readonly allocatedAt: string;
  /** The view was collected; otherwise the block was in use when the pool was disposed of. */
  readonly collected: boolean;
}

export type LeakReporter = (leak: Leak) => void;

const warn: LeakReporter = ({ allocatedAt, collected }) =>
  console.warn(
    `cenote: a block was never freed (${collected ? "its view was collected" : "its pool was disposed of"}), ${allocatedAt}`,
  );

export class LeakTracker {
  readonly #report: LeakReporter;
  readonly #inUse = new Map<number, string>();
  readonly #collected = new FinalizationRegistry<number>((address) => this.#tell(address, true));

  constructor(report: true | LeakReporter) {
    this.#report = report === true ? warn : report;
  }

  took(view: Uint8Array): void {
    this.#inUse.set(byteOffsetOf(view), String(new Error("allocated").stack));
    this.#collected.register(view, byteOffsetOf(view), view);
  }

  /** The block was given back, or goes on as a handle. */
  gave(view: Uint8Array): void {
    this.#inUse.delete(byteOffsetOf(view));
    this.#collected.unregister(view);
  }

  poolEnds(): void {
    for (const address of this.#inUse.keys()) this.#tell(address, false);
  }

  #tell(address: number, collected: boolean): void {
    const allocatedAt = this.#inUse.get(address);
    this.#inUse.delete(address);
    if (allocatedAt !== undefined) this.#report({ allocatedAt, collected });
  }
}
