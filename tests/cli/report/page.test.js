import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { onPage } from "../page/on_page.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = process.env.CENOTE_PROGRAM ?? join(root, "build/release/bin/cenote");

const folder = mkdtempSync(join(tmpdir(), "cenote-report-"));
after(() => rmSync(folder, { recursive: true }));
const script = "import time; kept = [bytes(2000) for _ in range(20000)]; time.sleep(1.5)";
execFileSync(program, ["run", "--report", folder, "--", "/usr/bin/python3", "-c", script], {
  stdio: ["ignore", "ignore", "pipe"],
});
const url = pathToFileURL(join(folder, "index.html")).href;

for (const width of [390, 320])
  test(`the page of a run fits a window of ${width} pixels`, () =>
    onPage(
      url,
      async (page) => {
        for (const summary of await page.locator("summary").all()) await summary.click();
        assert.equal(await page.getByText("Why it was resident").count(), 1);
        assert.ok((await page.locator("table").count()) >= 2);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      },
      { viewport: { width, height: 844 } },
    ));
