/** The benches in Chromium: bundled, served cross-origin isolated, since shared memory needs that, run in a page. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { build } from "esbuild";
import { preview } from "vite";

import { startChromium } from "../scripts/chromium.js";

const here = new URL(".", import.meta.url).pathname;
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

async function bundle(folder) {
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: here,
    entryPoints: ["page.js", "thread.js"],
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    define: { global: "globalThis" },
    alias: { "node:worker_threads": "../tests/browser/node/worker_threads.js", buffer: "./web_buffer.js" },
    external: ["node:perf_hooks", "node:v8"],
  });
  for (const name of ["pool.wasm", "pool-shared.wasm"]) await cp(`${here}../dist/${name}`, `${folder}/${name}`);
  await writeFile(
    `${folder}/index.html`,
    '<!doctype html><title>Benches</title><script type="module" src="page.js"></script>',
  );
}

/** The results, and the browser's version. */
export async function inChromium(cases, timing, folder, tell) {
  await bundle(folder);
  const server = await preview({
    root: dirname(folder),
    configFile: false,
    logLevel: "warn",
    build: { outDir: basename(folder) },
    preview: { host: "localhost", port: 0, headers: HEADERS },
  });
  const browser = await startChromium("--disable-gpu");
  try {
    const page = await browser.newPage();
    page.on("console", (message) => tell(message.text()));
    await page.goto(server.resolvedUrls.local[0]);
    await page.waitForFunction(() => globalThis.bench);
    const results = await page.evaluate(([cases, timing]) => globalThis.bench(cases, timing), [cases, timing]);
    return { results, version: browser.version() };
  } finally {
    await browser.close();
    await server.close();
  }
}
