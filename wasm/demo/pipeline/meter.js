/** What is known of a pipeline since its settings changed. */
import { build } from "hdr-histogram-js";

import { checksum, isWhole } from "./frames.js";

export const PERCENTILES = [0, 50, 75, 90, 95, 99, 99.9, 100];

/** A turn's first frames are not measured: code is being compiled, memory touched for the first time. */
const WARM_UP_MS = 500;
const FRAMES_SUMMED = 32;

export class Meter {
  #latency = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60e6, numberOfSignificantValueDigits: 2 });
  #frameBytes;
  #measureFrom = 0;
  #lastFrame = 0;
  #measured = 0;
  #measuredMs = 0;
  #known = { measured: 0, values: [] };

  passed = 0;
  torn = 0;
  outOfOrder = 0;
  longestGapMs = 0;
  /** Of the first 32 frames. */
  sum = undefined;

  constructor(frameBytes) {
    this.#frameBytes = frameBytes;
  }

  turnBegins(now) {
    this.#measureFrom = now + WARM_UP_MS;
    this.#lastFrame = 0;
  }

  /** A frame came in. */
  check(frame, width, height, number) {
    if (!isWhole(frame, width, height, number)) this.torn++;
    if (number !== this.passed) this.outOfOrder++;
    if (this.passed < FRAMES_SUMMED) this.sum = checksum(frame, this.sum);
    this.passed++;
  }

  /** It was painted. */
  painted(born, now) {
    const gap = now - this.#lastFrame;
    const measuring = this.#lastFrame > this.#measureFrom;
    this.#lastFrame = now;
    if (!measuring) return;
    this.#measured++;
    this.#measuredMs += gap;
    this.longestGapMs = Math.max(this.longestGapMs, gap);
    this.#latency.recordValue(Math.max(1, Math.round(1000 * (now - born))));
  }

  get seconds() {
    return this.#measuredMs / 1000;
  }

  get framesPerSecond() {
    return this.#measured / this.seconds || 0;
  }

  get bytesPerSecond() {
    return this.framesPerSecond * this.#frameBytes;
  }

  get bytesPassed() {
    return this.passed * this.#frameBytes;
  }

  /** In milliseconds, by percentile; undefined before the first measurement. */
  latency(percentile) {
    return this.latencies[PERCENTILES.indexOf(percentile)];
  }

  get latencies() {
    if (this.#known.measured !== this.#measured) {
      const values = PERCENTILES.map((each) => this.#latency.getValueAtPercentile(each) / 1000);
      this.#known = { measured: this.#measured, values };
    }
    return this.#known.values;
  }

  get checksumDone() {
    return this.passed >= FRAMES_SUMMED;
  }
}
