/** typedarray-pool requires a `buffer` that knows its own, which bundlers give it; the benches call nothing that asks. */
export const Buffer = { isBuffer: () => false };
