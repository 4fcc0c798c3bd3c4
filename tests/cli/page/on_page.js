/** Pages in Chromium. */
import assert from "node:assert/strict";
import { after } from "node:test";

import { startChromium } from "../../../wasm/scripts/chromium.js";

// For one wait. A test that passes never waits so long; on a machine with much else to do a page may take its time.
const kPatienceSeconds = 90;

const browser = await startChromium();
after(() => browser.close());

/** A page of its own, for as long as `use` takes. What is wrong with its scripts or said on its console fails. */
export async function onPage(url, use, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(1000 * kPatienceSeconds);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.stack));
  page.on(
    "console",
    (message) => message.type() === "error" && !options.mayFail?.test(message.text()) && wrong.push(message.text()),
  );
  try {
    await page.goto(url);
    await use(page);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

/** Waits until `read()` gives what `is` wants; what it gave. */
export async function until(read, is, seconds = kPatienceSeconds) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await read();
    if (is(value)) return value;
    assert.ok(Date.now() < end, `still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
