/** The ways in which the installed package comes to a page: built by Vite, or as the file that it is. */
import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "vite";

import { newConsumer } from "../consumer.js";
import { onPage } from "./chromium.js";
import { ISOLATED, filesOf, serve } from "./server.js";

const { folder } = newConsumer();
cpSync(fileURLToPath(new URL("app", import.meta.url)), folder, { recursive: true });

const vite = (options) => build({ root: folder, configFile: false, logLevel: "warn", build: options });

test("an application built by Vite shares a pool with its Worker", async () => {
  await vite({ outDir: "built" });
  const { urlOf } = await serve(filesOf(join(folder, "built")));
  assert.deepEqual(await onPage(urlOf(ISOLATED), (page) => page.evaluate(() => result)), { sum: 2000, used: 0 });
});

test("a module script imports it as it is; an import map gives it its name, `using` ends its lease", async () => {
  const page = `<!doctype html>
    <script type="importmap">{ "imports": { "cenote": "/index.js" } }</script>
    <script type="module">
      import { MemoryPool } from "cenote";
      const pool = new MemoryPool(64, 1);
      { using lease = pool.lease(); globalThis.during = pool.getStats().used; }
      globalThis.afterwards = pool.getStats().used;
    </script>`;
  const files = filesOf(join(folder, "node_modules/cenote/dist"));
  const { urlOf } = await serve((path) => (path === "/index.html" ? page : files(path)));
  assert.deepEqual(await onPage(urlOf({}), (page) => page.evaluate(() => [during, afterwards])), [1, 0]);
});

test("who imports an error alone is given no pool", async () => {
  writeFileSync(join(folder, "entry.js"), 'export { PoolExhaustedError } from "cenote";');
  const [{ output }] = await vite({ write: false, lib: { entry: "entry.js", formats: ["es"] } });
  const code = output.map((chunk) => chunk.code).join("");
  assert.match(code, /ERR_POOL_EXHAUSTED/);
  assert.doesNotMatch(code, /WebAssembly/);
  assert.ok(code.length < 500, code);
});
