/**
 * Takes the pictures of docs/serve.md: node tests/cli/serve/pictures.js docs/pictures, after wasm/scripts/ready and with the release build.
 */
import { join } from "node:path";

import { onPage, serve, startTarget, until } from "./serving.js";

const folder = process.argv[2];
const target = await startTarget("busy");
const url = `${await serve(target.pid)}#/${target.pid}`;
const recording = await startTarget("busy", "profile");
const recordingUrl = `${await serve(recording.pid)}#/${recording.pid}`;
const kSecondsOfLines = 45;

async function take(colorScheme) {
  const path = (name) => join(folder, `${name}-${colorScheme}.png`);
  const options = { colorScheme, viewport: { width: 1240, height: 1000 } };
  await onPage(recordingUrl, (page) => sites(page, path), options);
  await onPage(url, (page) => pictures(page, path), options);
}

async function sites(page, path) {
  await page.locator("#sites-frame").scrollIntoViewIfNeeded();
  await page.waitForTimeout(6000);
  await page.locator("#site-rows button").first().click();
  await page.locator("#profile").scrollIntoViewIfNeeded();
  const { x, y, width } = await page.locator("#profile").boundingBox();
  const top = y + (await page.evaluate(() => scrollY));
  const clip = { x: x - 20, y: top - 8, width: width + 40, height: 1240 };
  await page.screenshot({ path: path("serve-sites"), clip, fullPage: true });
}

async function pictures(page, path) {
  const part = (id) => page.locator(`section[aria-labelledby=${id}]`);
  await page.waitForTimeout(1000 * kSecondsOfLines);
  await page.screenshot({ path: path("serve"), clip: { x: 0, y: 0, width: 1240, height: 1880 }, fullPage: true });
  await part("map").scrollIntoViewIfNeeded();
  const map = page.locator("#map-canvas");
  await until(
    () => map.getAttribute("data-level"),
    (level) => level === "memory",
  );
  await page.getByText("by holder").click();
  await part("map").screenshot({ path: path("serve-map") });
  await map.focus();
  for (const key of ["ArrowRight", "Enter", "ArrowDown", "ArrowDown", "ArrowDown", "Enter", "ArrowDown"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(300);
  }
  await part("map").screenshot({ path: path("serve-blocks") });
}

await Promise.all(["light", "dark"].map(take));
process.exit();
