/** Pages of Chromium for the tests of a file. */
import assert from "node:assert/strict";
import { after } from "node:test";

import { startChromium } from "../../scripts/chromium.js";

const browser = await startChromium("--js-flags=--expose-gc");
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
