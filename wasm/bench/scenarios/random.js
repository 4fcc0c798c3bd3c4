/** Endless random orders of the numbers below `length`, the same in each run. */
export function* orders(length) {
  let state = 1;
  for (;;) {
    const order = Array.from({ length }, (_, place) => place);
    for (let left = length; left > 1; --left) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' quick generator
      const other = Math.floor((state / 2 ** 32) * left);
      [order[left - 1], order[other]] = [order[other], order[left - 1]];
    }
    yield order;
  }
}
