/** The benches' side in a page: run.js calls `bench` there. */
import { runCases } from "./rounds.js";

const compiled = async (name) => WebAssembly.compileStreaming(fetch(`${name}.wasm`));

globalThis.bench = async (cases, timing) => {
  const modules = { private: await compiled("pool"), shared: await compiled("pool-shared") };
  return runCases(cases, "chromium", modules, timing, (name) => console.log(name));
};
