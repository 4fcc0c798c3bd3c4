/**
 * Makes dist/index.js, with both modules in it, and dist/workerd.js, which imports them: workerd compiles no module at run
 * time. Neither is minified, so that stack traces can be read; users' bundlers do that.
 */
import { readFile } from "node:fs/promises";

import { build } from "esbuild";

const common = {
  entryPoints: ["src/index.ts"],
  bundle: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
};

/** As hexadecimal digits: half as compact as base64, but bytes stay aligned, so gzip finds what the two modules share and the sum is smaller. */
const inlined = {
  name: "inlined modules",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.wasm$/ }, async ({ path }) => ({
      contents: (await readFile(path)).toString("hex"),
      loader: "text",
    })),
};

await build({ ...common, outfile: "dist/index.js", plugins: [inlined] });
await build({ ...common, outfile: "dist/workerd.js", external: ["*.wasm"] });
