/** A pool of equal blocks of bytes. */
import {
  type Core,
  DOUBLE_FREE,
  FOREIGN_BLOCK,
  Header,
  POOL_KIND,
  WAITED_FOR,
  bufferOf,
  coreIn,
  moduleFor,
  newMemory,
} from "./core.js";
import { dispose } from "./dispose.js";
import { AlreadyFreedError, ForeignBlockError, PoolDisposedError, PoolError, PoolExhaustedError } from "./errors.js";
import { layoutOf } from "./layout.js";
import { LeakTracker } from "./leaks.js";
import { Lease } from "./lease.js";
import type { AllocateOptions, PoolOptions, PoolStats, PoolToken, ViewOptions } from "./options.js";
import { Stamp } from "./stamp.js";
import {
  type BlockKeeper,
  type BlockSink,
  type BlockSource,
  type ReadableOptions,
  readableOf,
  writableTo,
} from "./streams.js";
import { byteLengthOf } from "./views.js";
import { WaitingLine } from "./waiting_line.js";

/** Handles are address * 2^20 + generation: blocks begin at multiples of 16, so the generation's 24 bits have room. */
const HANDLE_STEP = 2 ** 20;
const GENERATION_MASK = 2 ** 24 - 1;
const HANDLE_END = 2 ** 32 * HANDLE_STEP;

/** Tenures come round here, so that V8 keeps them as small integers. */
const TENURE_MIN = -(2 ** 30);

const disposed = (): never => {
  throw new PoolDisposedError("the pool has been disposed of");
};

/** In place of the core of a pool that is no more, so that no call has to ask. */
const NO_CORE = new Proxy({} as Core, { get: disposed });

/**
 * All blocks exist from the beginning; the memory never grows, and no view of it ever detaches.
 *
 * Threads: any on a shared pool, each Worker through a MemoryPool of its own (`share`, `attach`); one on a private pool.
 */
export class Pool<B extends ArrayBufferLike> implements Disposable {
  readonly blockSize: number;
  readonly capacity: number;
  /** The id of this end of a shared pool, among the pool itself and all that were attached: `reclaim`. 0 of a private pool. */
  readonly owner: number;
  readonly #memory: WebAssembly.Memory;
  readonly #buffer: B;
  readonly #shared: boolean;
  readonly #stride: number;
  /** By slot; only with reuseViews. */
  readonly #reused: Uint8Array<B>[] | undefined;
  /** The last one of a reused view. */
  #tenure = 0;
  readonly #line: WaitingLine<Uint8Array<B>>;
  readonly #zero: boolean;
  readonly #leaks: LeakTracker | undefined;
  #core: Core;

  constructor(blockSize: number, capacity: number, options: PoolOptions = {}, token?: PoolToken) {
    const shared = options.shared ?? false;
    const { stride, pages } = layoutOf(blockSize, capacity);
    const module = moduleFor(shared);
    this.blockSize = blockSize;
    this.capacity = capacity;
    this.#memory = token ? (token.memory as WebAssembly.Memory) : newMemory(pages, shared);
    this.#core = coreIn(this.#memory, module);
    this.#buffer = bufferOf(this.#memory) as B;
    this.#shared = shared;
    this.#stride = stride;
    if (!token) this.#core.open(blockSize, stride, capacity);
    this.owner = shared ? (Atomics.add(new Int32Array(this.#buffer), Header.owners, 1) + 1) >>> 0 : 0;
    this.#reused = options.reuseViews ? [] : undefined;
    this.#line = new WaitingLine(this.#buffer, shared, () => this.tryAllocateBlock());
    this.#zero = options.zero ?? false;
    this.#leaks = options.trackLeaks ? new LeakTracker(options.trackLeaks) : undefined;
  }

  /**
   * The pool that `share` told of, in this Worker.
   *
   * Errors: TypeError when the token is none.
   */
  static attach(token: PoolToken, options: ViewOptions = {}): Pool<SharedArrayBuffer> {
    let buffer;
    try {
      buffer = bufferOf(token.memory);
    } catch (cause) {
      throw new TypeError("not a token of MemoryPool.share()", { cause });
    }
    const header = new Int32Array(buffer);
    if (header[Header.kind] !== POOL_KIND) throw new TypeError("the memory holds no pool of this version");
    return new Pool(
      header[Header.blockSize]! >>> 0,
      header[Header.capacity]! >>> 0,
      { ...options, shared: true },
      token,
    );
  }

  /**
   * A view over a free block itself, yours until you free it. Its bytes are what they were, unless the pool zeroes.
   *
   * Errors: PoolExhaustedError. Complexity: O(1) but in a pool nearly empty, then O(capacity / 64).
   */
  allocateBlock(): Uint8Array<B> {
    return this.tryAllocateBlock() ?? this.#exhausted();
  }

  /** The same; null when all blocks are in use. */
  tryAllocateBlock(): Uint8Array<B> | null {
    const address = this.#core.allocate(this.owner) >>> 0; // WebAssembly's integers have no sign, JavaScript gives them one
    if (address === 0) return null;
    if (this.#zero) this.#core.fill(address, 0, this.blockSize);
    return this.#own(address, this.blockSize);
  }

  /**
   * The same; waits for a block, behind those of this Worker that wait already.
   *
   * Errors: the signal's reason; PoolDisposedError.
   */
  async allocateBlockAsync(options: AllocateOptions = {}): Promise<Uint8Array<B>> {
    options.signal?.throwIfAborted();
    return (this.#line.length ? null : this.tryAllocateBlock()) ?? this.#line.join(options.signal);
  }

  /**
   * Gives a block back; nobody may touch it through this view any more.
   *
   * Errors: ForeignBlockError; AlreadyFreedError, also when the block has another owner by now (but see `reuseViews`).
   * The pool is unharmed then.
   * Complexity: O(1).
   */
  freeBlock(view: Uint8Array<B>): void {
    const { free } = this.#core; // before the view loses its block: a pool that is no more throws here
    const stamp = Stamp.of(view, this);
    const address = Stamp.addressOf(stamp);
    Stamp.void(stamp);
    this.#leaks?.gave(view);
    if (Stamp.generationOf(stamp) > 0) this.#claim(address, Stamp.generationOf(stamp));
    const outcome = free(address, this.owner);
    if (outcome) this.#noteFreed(outcome);
  }

  /** Exact when no other Worker allocates or frees. Complexity: O(capacity / 64). */
  getStats(): PoolStats {
    const available = this.#core.available();
    const { blockSize, capacity } = this;
    return {
      blockSize,
      capacity,
      used: capacity - available,
      available,
      memoryBytes: this.#buffer.byteLength,
      shared: this.#shared,
    };
  }

  /** Fills a block with a byte, by WebAssembly's `memory.fill`. Errors: as freeBlock. */
  fill(view: Uint8Array<B>, byte: number): void {
    const { fill } = this.#core;
    fill(Stamp.addressOf(Stamp.of(view, this)), byte, byteLengthOf(view));
  }

  /** The bytes from `start` to `end` in private memory of their own, for who refuses shared views. Errors: as freeBlock. */
  copy(view: Uint8Array<B>, start?: number, end?: number): Uint8Array<ArrayBuffer> {
    this.#checkAlive();
    Stamp.of(view, this);
    return new Uint8Array(view.subarray(start, end));
  }

  /** What `MemoryPool.attach` needs in another Worker; pass it by postMessage. */
  share(this: Pool<SharedArrayBuffer>): PoolToken {
    this.#checkAlive();
    if (!this.#shared) throw new TypeError("only a pool with { shared: true } can be shared");
    return { memory: this.#memory };
  }

  /**
   * A number for which any Worker on this pool can have the block, once. Who adopts it owns it; until then this view
   * does, and may free it. To free it later is an AlreadyFreedError; to touch it later goes unseen.
   *
   * Errors: as freeBlock.
   */
  handleOf(view: Uint8Array<B>): number {
    const { handOut } = this.#core;
    const stamp = Stamp.of(view, this);
    const address = Stamp.addressOf(stamp);
    if (Stamp.generationOf(stamp) <= 0) {
      const generation = handOut(address, this.owner);
      if (!generation) this.#notYours();
      Stamp.handOut(stamp, generation);
      this.#leaks?.gave(view);
    }
    return address * HANDLE_STEP + Stamp.generationOf(stamp);
  }

  /**
   * The block behind a handle, yours from now on; the view that it came from is stale. The new one is over all of the
   * block, also when that one was over the part that a stream had filled.
   *
   * Errors: AlreadyFreedError when it was freed or adopted before; ForeignBlockError when no block is there.
   */
  adopt(handle: number): Uint8Array<B> {
    this.#checkAlive();
    if (!(Number.isSafeInteger(handle) && handle >= 0 && handle < HANDLE_END)) return this.#noBlock();
    const generation = handle & GENERATION_MASK;
    const address = (handle - generation) / HANDLE_STEP;
    this.#claim(address, generation);
    return this.#own(address, this.blockSize);
  }

  /**
   * Frees all blocks of another end of this pool that is gone, also those whose handles nobody has adopted; how many.
   *
   * `owner` is that end's `owner`. The caller promises that it uses its blocks no more: its Worker has ended, or it was
   * disposed of and nothing reads or writes its views. In browsers `worker.terminate()` returns earlier: README.md has a way
   * to wait. An end that still runs gets an AlreadyFreedError for each of these blocks that it frees or hands out, unless it
   * has allocated the block again since; what it writes to them goes unseen.
   *
   * Errors: TypeError when no other end has this id; a private pool has one end. Complexity: O(capacity).
   */
  reclaim(this: Pool<SharedArrayBuffer>, owner: number): number {
    const { reclaim } = this.#core;
    const ends = Atomics.load(new Int32Array(this.#buffer), Header.owners) >>> 0;
    if (!(Number.isInteger(owner) && owner > 0 && owner <= ends && owner !== this.owner))
      throw new TypeError(`no other end of this pool has the owner id ${owner}`);
    const blocks = reclaim(owner, this.owner);
    this.#line.blockFreed();
    return blocks;
  }

  /**
   * A stream of blocks that `source` fills. The reader frees each block, else the stream waits for ever once the pool is
   * empty; with `copies` the stream frees them.
   */
  readable(source: BlockSource<B>, options?: { readonly copies?: false }): ReadableStream<Uint8Array<B>>;
  readable(source: BlockSource<B>, options: { readonly copies: true }): ReadableStream<Uint8Array<ArrayBuffer>>;
  readable(source: BlockSource<B>, options: ReadableOptions = {}): ReadableStream<Uint8Array> {
    this.#checkAlive();
    return readableOf(this.#keeper, source, options);
  }

  /**
   * A stream that passes blocks to `sink`, and frees each when the sink is done with it. It owns what is written to it,
   * unless it has failed before.
   */
  writable(sink: BlockSink<B>): WritableStream<Uint8Array<B>> {
    this.#checkAlive();
    return writableTo(this.#keeper, sink);
  }

  /** A block that its scope frees: `using lease = pool.lease()`. Errors: PoolExhaustedError. */
  lease(): Lease<B> {
    const block = this.allocateBlock();
    const tenure = Stamp.tenureOf(block);
    return new Lease(block, () => this.#settle(block, tenure));
  }

  /**
   * Ends the pool in this Worker: those who wait are rejected, later calls throw PoolDisposedError. The memory goes with
   * its last view.
   */
  [dispose](): void {
    if (this.#core === NO_CORE) return;
    this.#line.rejectAll(new PoolDisposedError("the pool was disposed of while a block was awaited"));
    this.#leaks?.poolEnds();
    this.#core = NO_CORE;
  }

  readonly #keeper: BlockKeeper<B> = {
    allocate: (signal) => this.allocateBlockAsync({ signal }),
    tenureOf: Stamp.tenureOf,
    check: (block, tenure) => {
      const now = Stamp.generationOf(Stamp.of(block, this));
      if (now <= 0 && now !== tenure) this.#notYours();
    },
    settle: (block, tenure) => this.#settle(block, tenure),
    shorten: (block, bytes) => {
      if (bytes === this.blockSize) return block;
      if (!(Number.isInteger(bytes) && bytes > 0 && bytes < this.blockSize))
        throw new RangeError(`${bytes} bytes in a block of ${this.blockSize}`);
      const stamp = Stamp.of(block, this);
      Stamp.void(stamp);
      this.#leaks?.gave(block);
      const start = this.#own(Stamp.addressOf(stamp), bytes);
      Stamp.handOut(Stamp.of(start, this), Stamp.generationOf(stamp));
      return start;
    },
  };

  #own(address: number, bytes: number): Uint8Array<B> {
    const view = this.#reused ? this.#reusedView(this.#reused, address, bytes) : this.#freshView(address, bytes);
    this.#leaks?.took(view);
    return view;
  }

  #freshView(address: number, bytes: number): Uint8Array<B> {
    const view = new Uint8Array(this.#buffer, address, bytes);
    new Stamp(view, this, address);
    return view;
  }

  #reusedView(views: Uint8Array<B>[], address: number, bytes: number): Uint8Array<B> {
    const slot = (address / this.#stride) | 0;
    const view = views[slot];
    if (view?.length !== bytes) return (views[slot] = this.#freshView(address, bytes));
    Stamp.renew(view, this, (this.#tenure = this.#tenure > TENURE_MIN ? this.#tenure - 1 : -1));
    return view;
  }

  #claim(address: number, generation: number): void {
    const outcome = this.#core.claim(address, generation, this.owner);
    if (outcome) this.#noteFreed(outcome);
  }

  #settle(view: Uint8Array<B>, tenure: number): void {
    try {
      if (tenure <= 0 && Stamp.generationOf(Stamp.of(view, this)) === tenure) this.freeBlock(view);
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
    }
  }

  #noteFreed(outcome: number): void {
    if (outcome === WAITED_FOR) return this.#line.blockFreed();
    if (outcome === FOREIGN_BLOCK) this.#noBlock();
    if (outcome === DOUBLE_FREE) this.#notYours();
  }

  #checkAlive(): void {
    if (this.#core === NO_CORE) disposed();
  }

  #noBlock(): never {
    throw new ForeignBlockError("no block of this pool begins there");
  }

  #notYours(): never {
    throw new AlreadyFreedError("the block has been freed, or has another owner");
  }

  #exhausted(): never {
    throw new PoolExhaustedError(`all ${this.capacity} blocks are in use`);
  }
}
