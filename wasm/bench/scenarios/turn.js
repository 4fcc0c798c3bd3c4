/**
 * A turn that repeats `batch(count)` until its time is over: { ns }, of one operation. A batch does `count`
 * operations, or says how many.
 *
 * `count` grows until the clock is read about twenty times a turn, and stays.
 */
export function turnOf(batch) {
  let count = 1;
  return (milliseconds) => {
    const begin = performance.now();
    let done = 0,
      now = begin;
    do {
      const before = now;
      done += batch(count) ?? count;
      now = performance.now();
      if (now - before < milliseconds / 20) count *= 2;
    } while (now - begin < milliseconds);
    return { ns: ((now - begin) * 1e6) / done };
  };
}

/** Sinks a result, and shows that the work was done. */
export function expect(sum, wanted) {
  if (sum !== wanted) throw new Error(`a checksum is ${sum} instead of ${wanted}`);
}
