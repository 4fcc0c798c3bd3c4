/** The compiled core, in one memory: what core/pool.cpp exports, and how a memory and its code come about. */
import privateModule from "../dist/pool.wasm";
import sharedModule from "../dist/pool-shared.wasm";
import { OutOfMemoryError, UnsupportedError } from "./errors.js";

/** Addresses are bytes into the memory; 0 is none. core/pool.cpp has the contracts. */
export interface Core {
  open(blockSize: number, stride: number, capacity: number): number;
  allocate(owner: number): number;
  free(address: number, owner: number): number;
  handOut(address: number, owner: number): number;
  claim(address: number, generation: number, owner: number): number;
  reclaim(owner: number, by: number): number;
  available(): number;
  fill(address: number, byte: number, bytes: number): void;
}

/** What `free` and `claim` answer beside 0. The last two are AllocError's of the C++ library. */
export const WAITED_FOR = 1;
export const FOREIGN_BLOCK = 7;
export const DOUBLE_FREE = 8;

/** Words of 32 bits in the header that JavaScript reads: PoolHeader in core/pool_memory.hpp. */
export const Header = { kind: 16, blockSize: 17, capacity: 18, waiting: 33, freed: 34, owners: 35 } as const;
export const POOL_KIND = 0xce07e002 | 0;

/**
 * A memory that is as large as it will ever be, so that no view of it detaches.
 *
 * Errors: OutOfMemoryError; UnsupportedError when shared memory is not to be had here.
 */
export function newMemory(pages: number, shared: boolean): WebAssembly.Memory {
  if (shared && typeof SharedArrayBuffer === "undefined") {
    throw new UnsupportedError("shared memory needs a cross-origin isolated page: serve it with COOP and COEP headers");
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw new OutOfMemoryError(`no memory of ${pages} pages to be had; browsers also limit how many a page has`, {
      cause,
    });
  }
}

/** The buffer of a memory, of any realm. Errors: TypeError when `memory` is none. */
export function bufferOf(memory: unknown): ArrayBufferLike {
  return Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, "buffer")!.get!.call(memory);
}

export function coreIn(memory: WebAssembly.Memory, module: WebAssembly.Module): Core {
  // A copy: the exports proper are looked up by hash on every call.
  return { ...(new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Core) };
}

let privateCode: WebAssembly.Module | undefined;
let sharedCode: WebAssembly.Module | undefined;

/** Compiled once. Errors: UnsupportedError where WebAssembly is missing or forbidden. */
export function moduleFor(shared: boolean): WebAssembly.Module {
  return shared ? (sharedCode ??= compile(sharedModule)) : (privateCode ??= compile(privateModule));
}

/** `source` is hexadecimal digits, unless the platform makes modules ahead and forbids it at run time, as workerd does. */
function compile(source: string | WebAssembly.Module): WebAssembly.Module {
  if (typeof source !== "string") return source;
  try {
    return new WebAssembly.Module(Uint8Array.from(source.match(/../g)!, (digits) => parseInt(digits, 16)));
  } catch (cause) {
    throw new UnsupportedError("no WebAssembly here; a content security policy must allow 'wasm-unsafe-eval'", {
      cause,
    });
  }
}
