/** Node's own tests in a page: the same files, with browser's parts in place of Node's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { onPage } from "./chromium.js";
import { ISOLATED, serve } from "./server.js";

const SUITES = ["pool", "handles", "waiting", "streams", "lifetime", "reclaim", "workers"];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles } = await build({
  entryPoints: [...SUITES.map((suite) => here(`../${suite}.test.js`)), here("../worker.js")],
  alias: {
    "node:assert/strict": here("node/assert.js"),
    "node:events": here("node/worker_threads.js"),
    "node:test": here("node/runner.js"),
    "node:v8": here("node/gc.js"),
    "node:vm": here("node/gc.js"),
    "node:worker_threads": here("node/worker_threads.js"),
  },
  define: { global: "globalThis", process: "globalThis", "process.env.NODE_DEBUG": "undefined" }, // for assert
  bundle: true,
  splitting: true,
  format: "esm",
  outdir: "/",
  write: false,
});
const files = new Map(outputFiles.map(({ path, text }) => [path, text]));
for (const suite of SUITES)
  files.set(`/${suite}.html`, `<!doctype html><script type="module" src="${suite}.test.js"></script>`);

const { urlOf } = await serve((path) => files.get(path));

for (const suite of SUITES) {
  test(`${suite}.test.js in a page`, (t) =>
    onPage(urlOf(ISOLATED, `/${suite}.html`), async (page) => {
      const names = await page.evaluate(() => tests.map(({ name }) => name));
      assert.ok(names.length > 3);
      for (const [place, name] of names.entries())
        await t.test(name, { timeout: 60_000 }, () => page.evaluate((place) => tests[place].run(), place));
    }));
}
