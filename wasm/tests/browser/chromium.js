/** Chromium without a window: $CHROMIUM, or `chromium` on PATH. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after } from "node:test";

import { chromium } from "playwright-core";

function executable() {
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, "chromium"));
  const found = process.env.CHROMIUM ?? places.find(existsSync);
  assert.ok(found, "no chromium on PATH: scripts/setup wasm installs it, or CHROMIUM names another");
  return found;
}

const browser = await chromium.launch({ executablePath: executable(), args: ["--js-flags=--expose-gc"] });
after(() => browser.close());

/** Opens a page of its own, for as long as `use` takes. What the page threw and nobody caught fails. */
export async function onPage(url, use) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error));
  try {
    await page.goto(url);
    const result = await use(page);
    assert.deepEqual(errors, []);
    return result;
  } finally {
    await page.close();
  }
}
