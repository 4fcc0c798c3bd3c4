/** A pipeline at work on the page: its meter and panel beside it. */
import { Meter } from "../pipeline/meter.js";
import { now } from "../pipeline/now.js";
import { Pipeline } from "../pipeline/pipeline.js";
import { figuresOf } from "./panel.js";

/** How long the share of waiting is taken over. */
const WAITS_OVER_MS = 1100;

export class Runner {
  #looks = [];
  #drawing = false;
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
    this.#drawing = true;
    this.#looks = [];
    this.meter.turnBegins(now());
    this.#look();
    this.pipeline.start();
  }

  async stop() {
    this.#drawing = false;
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

  /** MB/s since the last look; also what share of the last second the source waited. */
  #look() {
    const last = this.#looks.at(-1);
    const look = { at: now(), passed: this.meter.passed, waited: this.pipeline.waitedMicros / 1000 };
    this.#looks = [...this.#looks, look].filter(({ at }) => at > look.at - WAITS_OVER_MS);
    const [first] = this.#looks;
    if (this.#drawing && first !== look) this.#waits = Math.min(1, (look.waited - first.waited) / (look.at - first.at));
    return last ? ((look.passed - last.passed) * this.settings.bytes) / 1000 / (look.at - last.at) : 0;
  }
}
