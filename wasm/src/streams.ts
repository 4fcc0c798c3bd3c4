/** Default streams whose chunks are blocks. A BYOB reader would have to detach WebAssembly's memory, which cannot be. */

/** Where the bytes of a readable come from. */
export interface BlockSource<B extends ArrayBufferLike> {
  /** Writes bytes to the block's start and says how many; 0 ends the stream. */
  pull(block: Uint8Array<B>, signal: AbortSignal): number | PromiseLike<number>;
  cancel?(reason: unknown): void | PromiseLike<void>;
}

export interface ReadableOptions {
  /**
   * The chunks are copies in private memory of their own, and each block is freed once it is copied: for consumers that
   * free nothing, as Response and compression streams.
   */
  readonly copies?: boolean;
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
  /** Tells the owners apart that a block has had with the same view. `block` may be anything. */
  tenureOf(block: Uint8Array<B>): number;
  /** Errors: ForeignBlockError; AlreadyFreedError, also when the block has another owner since `tenure`. */
  check(block: Uint8Array<B>, tenure: number): void;
  /** Frees the block, unless it has been freed or handed on since `tenure`, or is none. */
  settle(block: Uint8Array<B>, tenure: number): void;
}

// Nothing is read ahead: a stream that is cancelled drops its queue, and the pool would never see those blocks again.
export function readableOf<B extends ArrayBufferLike>(
  keeper: BlockKeeper<B>,
  source: BlockSource<B>,
  { copies = false }: ReadableOptions,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const block = await keeper.allocate(stop.signal);
        const tenure = keeper.tenureOf(block);
        try {
          const bytes = await source.pull(block, stop.signal);
          if (bytes && !stop.signal.aborted) {
            keeper.check(block, tenure);
            const chunk = keeper.shorten(block, bytes);
            if (!copies) return controller.enqueue(chunk);
            controller.enqueue(new Uint8Array(chunk));
            return keeper.settle(chunk, tenure);
          }
        } catch (error) {
          keeper.settle(block, tenure);
          throw error;
        }
        keeper.settle(block, tenure);
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

// A failing stream drops its queue too, so every block is noted as it is queued; `write` gets them in the same order.
// What is written to a stream that has failed stays the writer's.
export function writableTo<B extends ArrayBufferLike>(
  keeper: BlockKeeper<B>,
  sink: BlockSink<B>,
): WritableStream<Uint8Array<B>> {
  const queued: { block: Uint8Array<B>; tenure: number }[] = [];
  const settle = (count: number) =>
    queued.splice(0, count).forEach(({ block, tenure }) => keeper.settle(block, tenure));
  let failed = false;
  let aborted: AbortSignal;
  return new WritableStream<Uint8Array<B>>(
    {
      start(controller) {
        aborted = controller.signal;
      },
      async write(block) {
        try {
          keeper.check(block, queued[0]!.tenure);
          await sink.write(block);
          settle(1);
        } catch (error) {
          failed = true;
          settle(queued.length);
          throw error;
        }
      },
      async close() {
        await sink.close?.();
      },
      async abort(reason) {
        settle(queued.length);
        await sink.abort?.(reason);
      },
    },
    {
      size(block) {
        if (!failed && !aborted.aborted) queued.push({ block, tenure: keeper.tenureOf(block) });
        return 1;
      },
    },
  );
}
