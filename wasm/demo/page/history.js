/** The last minute, a point each quarter of a second, for the charts. */
export const TICK_MS = 250;
const POINTS = (60 * 1000) / TICK_MS;

export class History {
  seconds = [];
  throughput = [[], []];
  used = [[], []];
  #ticks = 0;

  /** `points` has { throughput, used } for each pipeline, null for one that rests. */
  add(points) {
    const push = (list, value) => {
      list.push(value);
      if (list.length > POINTS) list.shift();
    };
    push(this.seconds, (this.#ticks++ * TICK_MS) / 1000);
    points.forEach((point, i) => {
      push(this.throughput[i], point ? point.throughput : null);
      push(this.used[i], point ? point.used : null);
    });
  }
}
