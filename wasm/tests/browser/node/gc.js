/** What the tests take from node:v8 and node:vm, to collect garbage: Chromium has been told to expose it. */
export const setFlagsFromString = () => {};
export const runInNewContext = (name) => globalThis[name];
