import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { PNG } from "pngjs";

import { checksum, drawFrame } from "../pipeline/frames.js";
import { TRANSFORMS } from "../pipeline/transforms.js";
import { figure, openSite, statusIs, until } from "./site.js";

const [WIDTH, HEIGHT] = [640, 360];

function gradedFrame(number) {
  const frame = new Uint8Array(4 * WIDTH * HEIGHT);
  drawFrame(frame, WIDTH, HEIGHT, number);
  TRANSFORMS.grade(frame, WIDTH, HEIGHT);
  return frame;
}

describe("the page", () => {
  let site;
  before(async () => (site = await openSite()));
  after(() => site.close());

  async function openSmall(query) {
    const page = await site.open(`?play=no&${query}`);
    await page.selectOption("[name=size]", `${WIDTH}x${HEIGHT}`);
    return page;
  }

  async function pause(page) {
    await page.click("#play");
    await statusIs(page, "Paused. 0 blocks in use.");
    return Object.fromEntries(
      await Promise.all(
        ["passed", "torn", "outOfOrder", "used", "sum"].map(async (name) => [name, await figure(page, "pool", name)]),
      ),
    );
  }

  const choosePool = (page) => page.locator("[value=pool]").check({ force: true });

  test("both pipelines deliver every frame whole, in order and the same", async () => {
    const page = await openSmall("2d&turn=600");
    assert.ok(await page.evaluate(() => crossOriginIsolated));
    await page.click("#play");
    const summed = () =>
      [...document.querySelectorAll("[data-figure=sum]")].every((sum) => /^[0-9a-f]{8}$/.test(sum.textContent));
    await until(page, summed);
    await pause(page);
    let sum;
    for (let number = 0; number < 32; number++) sum = checksum(gradedFrame(number), sum);
    for (const kind of ["pool", "fresh"]) {
      assert.equal(await figure(page, kind, "sum"), sum.toString(16).padStart(8, "0"));
      assert.equal(await figure(page, kind, "torn"), "0");
      assert.equal(await figure(page, kind, "outOfOrder"), "0");
      assert.equal(await figure(page, kind, "used"), "0");
    }
    assert.equal(await figure(page, "pool", "allocated"), "0");
    await page.close();
  });

  test("the canvas shows the last frame, pixel by pixel", async () => {
    const page = await openSmall("2d");
    await choosePool(page);
    await page.click("#play");
    await until(page, () => Number(document.querySelector("[data-figure=passed]").textContent.replaceAll(",", "")) > 8);
    const { passed } = await pause(page);
    const picture = await page.evaluate(() => document.querySelector("canvas").toDataURL().split(",")[1]);
    const last = gradedFrame(Number(passed.replaceAll(",", "")) - 1);
    assert.equal(Buffer.compare(PNG.sync.read(Buffer.from(picture, "base64")).data, last), 0);
    await page.close();
  });

  test("WebGL shows it too, straight from shared memory", async () => {
    const page = await openSmall("");
    assert.match(await page.locator("#copies").textContent(), /^Nothing on the way\. WebGL reads/);
    await choosePool(page);
    await page.click("#play");
    await until(page, () => Number(document.querySelector("[data-figure=passed]").textContent.replaceAll(",", "")) > 8);
    const { passed } = await pause(page);
    await page.addStyleTag({
      content: ".panel canvas { opacity: 1 !important; transition: none !important; border-radius: 0 }",
    });
    const seen = PNG.sync.read(await page.locator("canvas").first().screenshot());
    const last = gradedFrame(Number(passed.replaceAll(",", "")) - 1);
    assert.ok(meanDifference(seen, last) < 12, `${meanDifference(seen, last)} levels apart`);
    assert.ok(meanDifference(seen, gradedFrame(500)) > 24, "another frame is told apart");
    await page.close();
  });

  test("a slow canvas fills the pool and holds the source; nothing is dropped, and every block comes back", async () => {
    const page = await openSmall("2d");
    await choosePool(page);
    await page.selectOption("[name=blocks]", "4");
    await page.fill("[name=delay]", "100");
    await page.click("#play");
    await until(page, () => document.querySelector("[data-figure=used]").textContent === "4");
    await until(page, () => parseInt(document.querySelector("[data-figure=waits]").textContent) > 60);
    await until(page, () => Number(document.querySelector("[data-figure=passed]").textContent) >= 8);
    assert.match(await page.locator("[data-kind=pool] .cells").getAttribute("aria-label"), /^[34] of 4 in use$/);
    const { torn, outOfOrder, used } = await pause(page);
    assert.deepEqual([torn, outOfOrder, used], ["0", "0", "0"]);
    await page.close();
  });

  test("other settings start afresh, also while it runs", async () => {
    const page = await openSmall("2d");
    await page.click("#play");
    await statusIs(page, "Running.");
    await page.check("[value=edges]");
    await page.selectOption("[name=blocks]", "2");
    await until(page, () => document.querySelector("[data-kind=pool] .stations").textContent.includes("edges"));
    await until(page, () => document.querySelectorAll("[data-kind=pool] .cells i").length === 2);
    await until(page, () => Number(document.querySelector("[data-figure=passed]").textContent.replaceAll(",", "")) > 4);
    await pause(page);
    await page.close();
  });

  test("every control is reached and worked by keyboard, with the focus to be seen", async () => {
    const page = await openSmall("2d");
    await page.evaluate(() => document.activeElement.blur());
    const reached = new Set();
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press("Tab");
      const { name, outline } = await page.evaluate(() => {
        const focused = document.activeElement;
        const shown = focused.type === "radio" ? focused.nextElementSibling : focused;
        return { name: focused.name || focused.id || focused.className, outline: getComputedStyle(shown).outline };
      });
      if (name) assert.match(outline, /solid [23]px/, `${name}: ${outline}`);
      reached.add(name);
    }
    const controls = ["skip", "theme", "play", "pipeline", "size", "blocks", "rate", "transform", "delay"];
    assert.deepEqual(
      controls.filter((name) => !reached.has(name)),
      [],
    );
    await page.focus("#play");
    await page.keyboard.press("Space");
    await statusIs(page, "Running.");
    await page.keyboard.press("Enter");
    await statusIs(page, "Paused. 0 blocks in use.");
    await page.focus("[name=pipeline]:checked");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("[name=pipeline]:checked").getAttribute("value"), "pool");
    await page.focus("[name=delay]");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("output").textContent(), "5 ms");
    await page.close();
  });

  test("the theme follows the system until its button is pressed, and is kept", async () => {
    const page = await site.open("?still", { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    assert.notEqual(dark, light);
    assert.equal(await page.locator("#theme").getAttribute("aria-pressed"), "true");
    await page.click("#theme");
    assert.equal(await ground(), light);
    assert.equal(await page.locator("#theme").getAttribute("aria-pressed"), "false");
    await page.reload();
    assert.equal(await ground(), light);
    await page.close();
  });

  test("it does not move by itself for who prefers that", async () => {
    const page = await site.open("", { reducedMotion: "reduce" });
    assert.equal(await page.locator("#play").textContent(), "Play");
    assert.equal(await figure(page, "pool", "state"), "at rest");
    await page.close();
  });

  test("a page that is not isolated says what is missing, and offers nothing that fails", async () => {
    const page = await site.open("", { prepare: withoutIsolation });
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    assert.match(await page.getByRole("alert").textContent(), /not cross-origin isolated.*Cross-Origin-Opener-Policy/);
    assert.ok(await page.locator("#play").isDisabled());
    await page.close();
  });
});

function withoutIsolation(page) {
  return page.route("**/*", async (route) => {
    const response = await route.fetch();
    const { "cross-origin-opener-policy": _, "cross-origin-embedder-policy": __, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
}

/** Of a screenshot from a frame, by a grid of points, in levels of 0 to 255. */
function meanDifference(seen, frame) {
  let sum = 0;
  for (let i = 0; i < 256; i++) {
    const [across, down] = [((i % 16) + 0.5) / 16, ((i >> 4) + 0.5) / 16];
    const at = 4 * (Math.floor(down * seen.height) * seen.width + Math.floor(across * seen.width));
    const from = 4 * (Math.floor(down * HEIGHT) * WIDTH + Math.floor(across * WIDTH));
    for (const channel of [0, 1, 2]) sum += Math.abs(seen.data[at + channel] - frame[from + channel]);
  }
  return sum / (3 * 256);
}
