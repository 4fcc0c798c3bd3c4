/** A pipeline at work on the page: its meter and panel beside it. */
import { Meter } from "../pipeline/meter.js";
import { now } from "../pipeline/now.js";
import { Pipeline } from "../pipeline/pipeline.js";
import { figuresOf } from "./panel.js";

export class Runner {
  #seen = { passed: 0, waitedMicros: 0, at: 0 };
  #waits = 0;

  /** `delay` tells how many milliseconds the canvas takes longer than it must. */
  constructor(panel, settings, delay, fail) {
    const { width, height, bytes } = settings;
    this.panel = panel;
    this.settings = settings;
    this.running = false;
    this.meter = new Meter(bytes);
    this.pipeline = new Pipeline(
      panel.kind,
      settings,
      async (frame, number, born) => {
        this.meter.check(frame, width, height, number);
        panel.paint(frame);
        this.meter.painted(born, now());
        if (delay()) await new Promise((wake) => setTimeout(wake, delay()));
      },
      fail,
    );
  }

  start() {
    this.running = true;
    this.meter.turnBegins(now());
    this.#look();
    this.pipeline.start();
  }

  async stop() {
    await this.pipeline.stop();
    this.running = false;
  }

  end() {
    this.pipeline.end();
  }

  /** Shows the figures; what the charts are told. */
  tick(playing) {
    const { used, held, collections } = this.pipeline;
    const throughput = this.#look();
    const state = this.running ? "running" : playing ? "waits for its turn" : "at rest";
    const more = { kind: this.panel.kind, blocks: this.settings.blocks, used, waits: this.#waits, collections, state };
    this.panel.show(held, figuresOf(this.meter, more), !this.running);
    return this.running ? { throughput, used } : null;
  }

  /** MB/s since the last look; also how long the source waited. */
  #look() {
    const { passed } = this.meter;
    const { waitedMicros } = this.pipeline;
    const at = now();
    const ms = at - this.#seen.at;
    if (this.running) this.#waits = Math.min(1, (waitedMicros - this.#seen.waitedMicros) / 1000 / ms);
    const throughput = ((passed - this.#seen.passed) * this.settings.bytes) / 1000 / ms;
    this.#seen = { passed, waitedMicros, at };
    return throughput;
  }
}
