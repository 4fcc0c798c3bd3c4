import assert from "node:assert/strict";
import test from "node:test";

import { onPage, serve, startTarget, until } from "./serving.js";

const recording = await startTarget("busy", "profile");
const silent = await startTarget("busy", "quiet");
const url = await serve(recording.pid, silent.pid);
const at = (target) => `${url}#/${target.pid}`;

const heads = (page) => page.locator("#site-rows th");
const row = (page, name) => page.locator("#site-rows tr", { has: page.getByRole("button", { name }) }).first();
const cell = (page, name, column) => row(page, name).locator("td").nth(column).textContent();

/** With the table in view, and filled. */
async function onSites(page) {
  await page.locator("#sites-frame").scrollIntoViewIfNeeded();
  await until(
    () => heads(page).count(),
    (count) => count > 0,
  );
}

test("known sites are there, with their figures and labels", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    assert.equal(await cell(page, "load_picture", 0), "5.7 MiB");
    assert.equal(await cell(page, "load_picture", 1), "1");
    assert.equal(await cell(page, "load_picture", 3), "5.7 MiB");
    const words = await row(page, "load_picture").locator("th").textContent();
    assert.match(words, /from main.*pool images.*tag startup/);
    assert.match(
      await page.locator("#sites-lead").textContent(),
      /in use, from \d+ sites\. Every block was looked at\./,
    );
  }));

test("a site opens to its stack, and stays open when the figures come anew", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    const button = row(page, "load_picture").getByRole("button");
    assert.equal(await button.getAttribute("aria-expanded"), "false");
    await button.focus();
    await page.keyboard.press("Enter");
    const stack = page.locator(".stack-row li");
    const calls = await stack.allTextContents();
    assert.match(calls[0], /load_picture/);
    assert.match(calls[1], /^main/);
    await page.waitForTimeout(2500);
    assert.equal(await stack.count(), calls.length);
    assert.equal(await button.getAttribute("aria-expanded"), "true");
    assert.ok(await button.evaluate((element) => element === document.activeElement));
    await button.click();
    assert.equal(await stack.count(), 0);
  }));

test("rates are between two looks", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    const rates = () => page.locator("#site-rows tr:not(.stack-row) td:nth-child(6)").allTextContents();
    const all = await until(rates, (texts) => texts.some((text) => /^[1-9].*B$/.test(text)));
    assert.equal(all.length, await heads(page).count());
    assert.equal(await cell(page, "load_picture", 2), "0");
    assert.equal(await cell(page, "load_picture", 4), "0 B");
  }));

test("the flame graph is of the same profile, and what was looked for stays when it comes anew", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    const search = page.locator("#flame input[type=search]");
    await search.fill("load_picture");
    const found = () => page.locator("#flame .found-share").textContent();
    const before = await until(found, (text) => /% matched, 5\.7 MiB/.test(text));
    await until(found, (text) => text !== before);
    assert.equal(await search.inputValue(), "load_picture");
    assert.match(await found(), /% matched, 5\.7 MiB/);
  }));

test("headings sort", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    await page.locator("#site-heads").getByRole("button", { name: "Allocated in" }).click();
    const names = await heads(page).locator("button").allTextContents();
    assert.deepEqual(
      names,
      names.toSorted((a, b) => a.localeCompare(b)),
    );
    assert.equal(await page.locator("#site-heads [aria-sort]").getAttribute("data-column"), "name");
  }));

test("the profile can be downloaded at any moment", () =>
  onPage(at(recording), async (page) => {
    await onSites(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download the profile" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), `cenote_target_busy.${recording.pid}.pb`);
    assert.equal(await download.failure(), null);
  }));

test("a process without a profile is told how to make one", () =>
  onPage(at(silent), async (page) => {
    await page.locator("#sites-frame").scrollIntoViewIfNeeded();
    const said = () => page.locator("#sites-none").textContent();
    assert.match(
      await until(said, (text) => text !== ""),
      /makes no heap profile: start it with CENOTE_OPTIONS=profile=on/,
    );
    assert.ok(!(await page.locator("#sites-file").isVisible()));
    await page.locator("#processes a", { hasText: String(recording.pid) }).click();
    await onSites(page);
    assert.ok(!(await page.locator("#sites-none").isVisible()));
    await page.locator("#processes a", { hasText: String(silent.pid) }).click();
    await until(
      () => heads(page).count(),
      (count) => count === 0,
    );
  }));
