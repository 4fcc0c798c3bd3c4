/** Default streams whose chunks are blocks. A BYOB reader would have to detach WebAssembly's memory, which cannot be. */

/** Where the bytes of a readable come from. */
export interface BlockSource<B extends ArrayBufferLike> {
  /** Writes bytes to the block's start and says how many; 0 ends the stream. */
  pull(block: Uint8Array<B>, signal: AbortSignal): number | PromiseLike<number>;
  cancel?(reason: unknown): void | PromiseLike<void>;
}

/** Where the bytes of a writable go. */
export interface BlockSink<B extends ArrayBufferLike> {
  /** The block is given back when this is over, unless it has been freed or handed on. */
  write(block: Uint8Array<B>): unknown;
  close?(): unknown;
  abort?(reason: unknown): unknown;
}

/** What the streams need of a pool. */
export interface BlockKeeper<B extends ArrayBufferLike> {
  allocate(signal: AbortSignal): Promise<Uint8Array<B>>;
  /** A view of the first bytes that owns the block in place of `block`. Errors: RangeError. */
  shorten(block: Uint8Array<B>, bytes: number): Uint8Array<B>;
  /** Errors: ForeignBlockError, AlreadyFreedError. */
  check(block: Uint8Array<B>): void;
  /** Gives the block back, unless it has been freed or handed on, or is none. */
  settle(block: Uint8Array<B>): void;
}

// Nothing is read ahead: a stream that is cancelled drops its queue, and the pool would never see those blocks again.
export function readableOf<B extends ArrayBufferLike>(
  keeper: BlockKeeper<B>,
  source: BlockSource<B>,
): ReadableStream<Uint8Array<B>> {
  const stop = new AbortController();
  return new ReadableStream<Uint8Array<B>>(
    {
      async pull(controller) {
        const block = await keeper.allocate(stop.signal);
        try {
          const bytes = await source.pull(block, stop.signal);
          if (bytes && !stop.signal.aborted) return controller.enqueue(keeper.shorten(block, bytes));
        } catch (error) {
          keeper.settle(block);
          throw error;
        }
        keeper.settle(block);
        if (!stop.signal.aborted) controller.close();
      },
      cancel(reason) {
        stop.abort(reason);
        return source.cancel?.(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

// A failing stream drops its queue too, so every block is noted as it is queued. What is written to a stream that has
// failed stays the writer's.
export function writableTo<B extends ArrayBufferLike>(
  keeper: BlockKeeper<B>,
  sink: BlockSink<B>,
): WritableStream<Uint8Array<B>> {
  const queued = new Set<Uint8Array<B>>();
  const settle = (block: Uint8Array<B>) => queued.delete(block) && keeper.settle(block);
  const settleAll = () => queued.forEach(settle);
  let failed = false;
  let aborted: AbortSignal;
  return new WritableStream<Uint8Array<B>>(
    {
      start(controller) {
        aborted = controller.signal;
      },
      async write(block) {
        try {
          keeper.check(block);
          await sink.write(block);
          settle(block);
        } catch (error) {
          failed = true;
          settleAll();
          throw error;
        }
      },
      async close() {
        await sink.close?.();
      },
      async abort(reason) {
        settleAll();
        await sink.abort?.(reason);
      },
    },
    {
      size(block) {
        if (!failed && !aborted.aborted) queued.add(block);
        return 1;
      },
    },
  );
}
