/** Both pipelines under one set of settings, from the first frame until the settings change. */
import { PERCENTILES } from "../pipeline/meter.js";
import { runInTurns } from "../pipeline/turns.js";
import { History } from "./history.js";
import { Runner } from "./runner.js";
import { summaryOf } from "./summary.js";

const KINDS = ["pool", "fresh"];

export class Stage {
  #history = new History();
  #runners;
  #stop = new AbortController();
  #over = Promise.resolve();

  constructor(panels, settings, { delay, turnMs, painting, fail }) {
    this.turnMs = turnMs;
    this.playing = false;
    panels.forEach((panel) => panel.prepare(settings, painting));
    this.#runners = KINDS.map((kind, i) =>
      settings.kinds.includes(kind) ? new Runner(panels[i], settings, delay, fail) : undefined,
    );
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.#stop = new AbortController();
    this.#over = runInTurns(this.#present, this.turnMs, this.#stop.signal);
  }

  /** Over when no frame is under way any more. */
  async pause() {
    this.#stop.abort();
    await this.#over;
    this.playing = false;
  }

  async end() {
    await this.pause();
    this.#present.forEach((runner) => runner.end());
  }

  get used() {
    return this.#present.reduce((sum, { pipeline }) => sum + pipeline.used, 0);
  }

  /** Shows the moment's figures; what charts and summary are to say. */
  tick() {
    const points = this.#runners.map((runner) => runner?.tick(this.playing) ?? null);
    if (this.playing) this.#history.add(points);
    const latencies = this.#runners.map((runner) => PERCENTILES.map((each) => runner?.meter.latency(each) ?? null));
    const [pool, fresh] = this.#runners.map(
      (runner) => runner && { meter: runner.meter, collections: runner.pipeline.collections },
    );
    return { history: this.#history, latencies, summary: summaryOf(pool, fresh) };
  }

  get #present() {
    return this.#runners.filter(Boolean);
  }
}
