/** The benches' side in Node. */
import { readFile } from "node:fs/promises";

import { runCases } from "./rounds.js";

const compiled = async (name) => WebAssembly.compile(await readFile(new URL(`../dist/${name}.wasm`, import.meta.url)));

export async function inNode(cases, timing, tell) {
  const modules = { private: await compiled("pool"), shared: await compiled("pool-shared") };
  return runCases(cases, "node", modules, timing, tell);
}
