/** The built page, served as `demo/serve` does, and a browser to look at it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { build, preview } from "vite";

import { startChromium } from "../../scripts/chromium.js";

const configFile = path.join(import.meta.dirname, "../vite.config.js");

export async function openSite() {
  const outDir = await mkdtemp(path.join(tmpdir(), "cenote-demo-"));
  await build({ configFile, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const server = await preview({ configFile, logLevel: "error", build: { outDir }, preview: { port: 0 } });
  const browser = await startChromium("--disable-gpu");
  const base = `http://127.0.0.1:${server.httpServer.address().port}/`;
  return {
    /** A page of its own; errors on it are thrown when it is closed. */
    async open(query = "", { prepare = () => {}, ...options } = {}) {
      const page = await browser.newPage(options);
      const errors = [];
      page.on("pageerror", (error) => errors.push(error));
      await prepare(page);
      await page.goto(base + query);
      await page.evaluate(() => document.fonts.ready);
      const close = page.close.bind(page);
      page.close = async () => {
        await close();
        if (errors.length) throw new AggregateError(errors, "the page had errors");
      };
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}

/** A figure of a panel, as the page shows it. */
export const figure = (page, kind, name) => page.locator(`[data-kind=${kind}] [data-figure=${name}]`).textContent();

export const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: 15_000 });

export const statusIs = (page, text) =>
  until(page, (wanted) => document.getElementById("status").textContent === wanted, text);
