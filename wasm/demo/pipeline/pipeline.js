/** A source Worker, transform Workers and a sink on this thread, joined by ports. */
import { MemoryPool } from "cenote";

import { Word, leave, newBoard } from "./board.js";
import { carrierOf } from "./carriers.js";
import { Collections } from "./collections.js";

const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** Each thread's share of a carrier, and the count of frames under way. */
const CARRIERS = {
  pool({ bytes, blocks }) {
    const pool = new MemoryPool(bytes, blocks, { shared: true });
    const carrier = { kind: "pool", token: pool.share() };
    return {
      source: carrier,
      transform: carrier,
      sink: carrier,
      used: () => pool.getStats().used,
      end: () => pool[dispose](),
    };
  },
  fresh({ bytes, blocks }, board) {
    const credits = new MessageChannel();
    return {
      source: { kind: "fresh", bytes, credits: blocks, returns: credits.port1 },
      transform: { kind: "fresh" },
      sink: { kind: "fresh", returns: credits.port2 },
      garbage: new Collections(),
      used: () => board.subarray(Word.sourceHolds).reduce((sum, frames) => sum + frames, 0),
      end: () => credits.port2.close(),
    };
  },
};

export class Pipeline {
  #workers = [];
  #parts;
  #last;
  #queue = [];
  #passed = 0;
  #draining = false;
  #drained = () => {};

  /**
   * @param {"pool" | "fresh"} kind
   * @param settings width, height, bytes, blocks, transforms (names), interval (milliseconds between frames)
   * @param consume (frame, number, born) => void or a promise; the frame is given back when it is over
   * @param fail (error) => void: a Worker or `consume` failed, and no frame will come any more
   */
  constructor(kind, settings, consume, fail) {
    const { width, height, transforms, interval } = settings;
    this.#last = transforms.length + 1;
    this.board = newBoard(this.#last + 1);
    this.#parts = CARRIERS[kind](settings, this.board);
    this.consume = consume;
    const common = { board: this.board, width, height };
    const links = Array.from({ length: this.#last }, () => new MessageChannel());
    const source = new Worker(new URL("source_worker.js", import.meta.url), { type: "module" });
    this.#join(source, { ...common, interval, carrier: this.#parts.source, next: links[0].port1 }, fail);
    transforms.forEach((transform, i) => {
      const worker = new Worker(new URL("transform_worker.js", import.meta.url), { type: "module" });
      const [previous, next] = [links[i].port2, links[i + 1].port1];
      this.#join(
        worker,
        { ...common, transform, station: i + 1, carrier: this.#parts.transform, previous, next },
        fail,
      );
    });
    this.#receiveFrom(links[this.#last - 1].port2, fail);
  }

  start() {
    Atomics.store(this.board, Word.run, 1);
    this.#workers[0].postMessage({});
  }

  /** Over when every frame that was drawn has been consumed. */
  async stop() {
    const stopped = new Promise((resolve) => (this.#workers[0].onmessage = ({ data }) => resolve(data.drawn)));
    Atomics.store(this.board, Word.run, 0);
    const drawn = await stopped;
    while (this.#passed < drawn) await new Promise((drained) => (this.#drained = drained));
  }

  end() {
    this.#workers.forEach((worker) => worker.terminate());
    this.#parts.end();
  }

  /** Frames under way: a pool's blocks in use. */
  get used() {
    return this.#parts.used();
  }

  /** How many frames each station has, or has on their way to it. */
  get held() {
    return Array.from(this.board.subarray(Word.sourceHolds));
  }

  /** Garbage collections that took frames back, as far as seen. */
  get collections() {
    return this.#parts.garbage?.seen ?? 0;
  }

  get waitedMicros() {
    return this.board[Word.waitedMicros];
  }

  #join(worker, setup, fail) {
    const ports = [setup.previous, setup.next, setup.carrier.returns].filter(Boolean);
    worker.onerror = (event) => fail(new Error(event.message));
    worker.postMessage({ setup }, ports);
    this.#workers.push(worker);
  }

  #receiveFrom(port, fail) {
    const carrier = carrierOf(this.#parts.sink);
    port.onmessage = ({ data }) => {
      this.#queue.push(data);
      if (!this.#draining) this.#drain(carrier).catch(fail);
    };
  }

  async #drain(carrier) {
    this.#draining = true;
    while (this.#queue.length) {
      const { parcel, number, born } = this.#queue.shift();
      const frame = carrier.unpack(parcel);
      await this.consume(frame, number, born);
      carrier.release(frame);
      this.#parts.garbage?.released(frame.buffer);
      leave(this.board, this.#last);
      this.#passed++;
    }
    this.#draining = false;
    this.#drained();
  }
}
