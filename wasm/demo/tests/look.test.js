/** How the page looks. UPDATE_SCREENSHOTS=1 writes the pictures that it is compared with. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

import { contrasts } from "./contrast.js";
import { openSite } from "./site.js";

const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"];
const CONTRAST_MIN = 4.5;

/** Letters may be drawn otherwise elsewhere; a broken layout moves far more. */
const SHARE_MAX = 0.01;

describe("the page looks", () => {
  let site;
  before(async () => (site = await openSite()));
  after(() => site.close());

  const openStill = (width, colorScheme, prepare) =>
    site.open("?still", { viewport: { width, height: 900 }, colorScheme, deviceScaleFactor: 0.5, prepare });

  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      test(`as it should, ${scheme}, ${width} pixels wide`, async () => {
        const page = await openStill(width, scheme);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, "nothing sticks out");
        const share = await differenceFrom(`${scheme}-${width}`, await shoot(page));
        assert.ok(
          share <= SHARE_MAX,
          `${(100 * share).toFixed(2)} % of it differs; see ${actualOf(`${scheme}-${width}`)}`,
        );
        await page.close();
      });
    }

    test(`readable: text has a contrast of ${CONTRAST_MIN} and more, ${scheme}`, async () => {
      const page = await openStill(1280, scheme);
      const found = await page.evaluate(contrasts);
      assert.ok(found.length > 60, `${found.length} texts`);
      assert.deepEqual(
        found.filter(({ contrast }) => contrast < CONTRAST_MIN),
        [],
      );
      await page.close();
    });
  }

  test("otherwise without its styles, and the comparison says so", async () => {
    const page = await openStill(1280, "light", (page) => page.route("**/*.css", (route) => route.abort()));
    assert.ok((await differenceFrom("light-1280", await shoot(page))) > SHARE_MAX);
    await page.close();
  });

  test("otherwise when one row of controls breaks, and the comparison says so", async () => {
    const page = await openStill(1280, "light");
    await page.addStyleTag({ content: ".figures { display: block }" });
    assert.ok((await differenceFrom("light-1280", await shoot(page))) > SHARE_MAX);
    await page.close();
  });
});

const baselineOf = (name) => path.join(import.meta.dirname, "screenshots", `${name}.png`);
const actualOf = (name) => path.join(tmpdir(), `cenote-demo-${name}.png`);

/** The frames themselves are page.test.js's, and would be most of the picture's bytes. */
async function shoot(page) {
  return PNG.sync.read(
    await page.screenshot({ fullPage: true, mask: [page.locator(".panel canvas")], maskColor: "#0a2a2e" }),
  );
}

/** The share of pixels in which a picture differs from the one kept; all, when their sizes do. */
async function differenceFrom(name, actual) {
  if (process.env.UPDATE_SCREENSHOTS && !baselines.has(name)) {
    baselines.add(name);
    await writeFile(baselineOf(name), PNG.sync.write(actual, { deflateLevel: 9, colorType: 2 }));
  }
  const expected = PNG.sync.read(await readFile(baselineOf(name)));
  const { width, height } = expected;
  const differing =
    actual.width === width && actual.height === height
      ? pixelmatch(actual.data, expected.data, null, width, height, { threshold: 0.2 })
      : width * height;
  if (differing > SHARE_MAX * width * height) await writeFile(actualOf(name), PNG.sync.write(actual));
  return differing / (width * height);
}

const baselines = new Set();
