import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { onPage, until } from "../page/on_page.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = process.env.CENOTE_PROGRAM ?? join(root, "build/release/bin/cenote");
const targets = process.env.CENOTE_TARGETS ?? join(root, "build/release/tests");

const folder = mkdtempSync(join(tmpdir(), "cenote-flame-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "heap.html");
execFileSync(program, ["run", "--profile", file, "--", join(targets, "cenote_target_calls")], {
  env: { ...process.env, CENOTE_OPTIONS: "profile_rate=1" },
  stdio: ["ignore", "ignore", "pipe"],
});
const address = pathToFileURL(file).href;

/** The address of the page with its profile changed by `change(profile)`. */
function variant(name, change) {
  const path = join(folder, `${name}.html`);
  const page = readFileSync(file, "utf8").replace(
    /(<script id="profile"[^>]*>)(.*?)(<\/script>)/s,
    (_, before, json, after) => {
      const profile = JSON.parse(json);
      change(profile);
      return before + JSON.stringify(profile).replaceAll("<", "\\u003c") + after;
    },
  );
  writeFileSync(path, page);
  return pathToFileURL(path).href;
}

/** Sets the values of all samples, of the types that match, to 0. */
const zero = (pattern) => (profile) => {
  for (const { values } of profile.samples)
    profile.types.forEach(({ type }, i) => pattern.test(type) && (values[i] = 0));
};

const onFlame = (use, options, url = address) =>
  onPage(
    url,
    async (page) => {
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.reload();
      await use(page);
      assert.deepEqual(asked, [url]);
    },
    options,
  );

const chosen = (page) => page.getByLabel("Value").evaluate((select) => select.selectedOptions[0].text);
const detail = (page) => page.locator(".detail").textContent();
const box = (page, name) => page.locator(".call").filter({ hasText: name }).first();
const wide = async (page, name) => (await box(page, name).boundingBox()).width;
const words = (page, name) => box(page, name).getAttribute("aria-label");
const found = (page) => page.locator(".found-share").textContent();
const search = (page, text) => page.getByRole("searchbox").fill(text);
const value = (page, label) => page.getByLabel("Value").selectOption({ label });
const crumbs = (page) => page.locator(".crumbs button").allTextContents();
const firstSite = (page) => page.locator(".sites tbody tr").first();

test("it opens at the peak", () => onFlame(async (page) => assert.equal(await chosen(page), "At the peak, bytes")));

test("without a peak it opens on the profile's own value, or on another that has samples", async () => {
  const noPeak = variant("no-peak", zero(/^peak/));
  await onFlame(async (page) => assert.equal(await chosen(page), "In use, bytes"), {}, noPeak);
  const freed = variant("freed", zero(/^(peak|inuse)/));
  await onFlame(
    async (page) => {
      assert.match(await chosen(page), /^Allocated since the start, bytes$/);
      await value(page, "In use, bytes");
      assert.match(await detail(page), /it had all been freed when the profile was taken/);
    },
    {},
    freed,
  );
});

test("an empty graph says why", async () => {
  const nothing = variant("nothing", (profile) => Object.assign(profile, { samples: [], period: 524288 }));
  await onFlame(
    async (page) => assert.match(await detail(page), /^Nothing was sampled, one for each 512 KiB: .*profile_rate=1/),
    {},
    nothing,
  );
  await onFlame(async (page) => {
    await page.getByRole("combobox", { name: "tag" }).selectOption({ label: "parser" });
    await page.getByRole("combobox", { name: "thread" }).selectOption({ label: "cenote_target_c" });
    assert.equal(await detail(page), "No sample of this value has these labels.");
  });
});

test("a profile of Python says what it does not see", async () => {
  const python = variant("python", (profile) => {
    profile.strings = profile.strings.map((text) => text.replace(/.*cenote_target_calls$/, "/usr/bin/python3.11"));
  });
  const hint = (page) => page.getByText("PYTHONMALLOC=malloc");
  await onFlame(async (page) => assert.ok(await hint(page).isVisible()), {}, python);
  await onFlame(async (page) => assert.ok(await hint(page).isHidden()));
});

test("boxes are as wide as their shares, and the figures are those of the program", () =>
  onFlame(async (page) => {
    await value(page, "In use, bytes");
    assert.match(await words(page, "grow()"), /^grow\(\): 48\.8 KiB, \d/);
    assert.match(await words(page, "parse()"), /^parse\(\): 87\.9 KiB, \d/);
    const ratio = (await wide(page, "parse()")) / (await wide(page, "grow()"));
    assert.ok(Math.abs(ratio - 90 / 50) < 0.05, String(ratio));
    const overlaps = await page.locator(".call").evaluateAll((boxes) => {
      const at = boxes.map((one) => one.getBoundingClientRect());
      return at.filter((a) => at.some((b) => b !== a && a.top === b.top && a.left < b.left && a.right > b.left + 1))
        .length;
    });
    assert.equal(overlaps, 0); // the narrowest, too
  }));

test("another value is another picture", () =>
  onFlame(async (page) => {
    await value(page, "In use, blocks");
    assert.match(await words(page, "grow()"), /: 50 blocks,/);
    assert.equal(await box(page, "scratch()").count(), 0);
    await value(page, "Allocated since the start, bytes");
    assert.match(await words(page, "grow()"), /: 68\.4 KiB,/); // 50 of 1,000 and 40 of 500
    assert.match(await words(page, "scratch()"), /: 19\.5 KiB,/);
    const names = await page.getByLabel("Value").locator("option").allTextContents();
    assert.equal(names.length, 7);
    assert.ok(names.includes("Lifetime of freed blocks"));
  }));

test("inlined calls, files and lines are told", () =>
  onFlame(async (page) => {
    await box(page, "parse()").hover();
    assert.match(await page.locator(".detail").textContent(), /parse\(\): .*calls\.cpp:\d+ · .*cenote_target_calls$/);
    const inlined = page.locator(".call.inlined").filter({ hasText: "take" }).first();
    await inlined.hover();
    assert.match(await page.locator(".detail").textContent(), /take.*itself .*inlined .*calls\.cpp/);
  }));

test("a click zooms, crumbs and keys lead back", () =>
  onFlame(async (page) => {
    const before = await wide(page, "grow()");
    await box(page, "grow()").click();
    assert.ok((await wide(page, "grow()")) > 2 * before);
    assert.equal(await box(page, "parse()").count(), 0);
    assert.equal((await crumbs(page)).at(-1), "grow()");
    assert.equal(await page.locator(".crumbs [aria-current]").textContent(), "grow()");
    await page.keyboard.press("Escape");
    assert.equal((await crumbs(page)).at(-1), "main");
    await page.getByRole("button", { name: "All", exact: true }).click();
    assert.deepEqual(await crumbs(page), ["All"]);
    assert.equal(await wide(page, "grow()"), before);
  }));

test("arrow keys walk the calls, Enter zooms, Home shows all", () =>
  onFlame(async (page) => {
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    await page.locator(".call[tabindex='0']").focus();
    assert.equal(await focused(), "All");
    await page.keyboard.press("ArrowDown");
    const outer = await focused();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await focused(), outer);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused(), outer);
    await page.keyboard.press("Enter");
    assert.deepEqual(await crumbs(page), ["All", outer]);
    assert.equal(await focused(), outer);
    await page.keyboard.press("Home");
    assert.deepEqual(await crumbs(page), ["All"]);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.type), "search");
  }));

test("a search marks what matches and says its share", () =>
  onFlame(async (page) => {
    await value(page, "In use, blocks");
    await search(page, "PARSE");
    assert.match(await found(page), /^\d+\.\d % matched, 30 blocks$/);
    assert.ok(await box(page, "parse()").evaluate((element) => element.classList.contains("found")));
    assert.ok(await box(page, "grow()").evaluate((element) => element.classList.contains("faded")));
    assert.deepEqual(await page.locator(".sites tbody th button").allTextContents(), ["parse()"]);
    await search(page, "/^(grow|parse)\\(\\)$/");
    assert.match(await found(page), /, 80 blocks$/);
    await search(page, "/gr(ow/");
    assert.equal(await found(page), "no regular expression");
    await search(page, "no such thing");
    assert.match(await found(page), /^0\.0 % matched/);
    await search(page, "");
    assert.equal(await found(page), "");
    assert.equal(await page.locator(".call.faded").count(), 0);
  }));

test("labels choose samples", () =>
  onFlame(async (page) => {
    await value(page, "In use, bytes");
    await page.getByLabel("tag").selectOption({ label: "parser" });
    assert.match(await words(page, "parse()"), /: 87\.9 KiB, 100\.0 %$/);
    assert.equal(await box(page, "grow()").count(), 0);
    await page.getByLabel("tag").selectOption({ label: "none" });
    assert.equal(await box(page, "parse()").count(), 0);
    assert.equal(await box(page, "grow()").count(), 1);
    await page.getByLabel("thread").selectOption({ label: "worker" });
    await page.getByLabel("tag").selectOption({ label: "parser" });
    assert.equal(await box(page, "parse()").count(), 1);
  }));

test("the table sorts, and a function in it is looked for", () =>
  onFlame(async (page) => {
    await value(page, "In use, blocks");
    const sorted = () => page.locator(".sites [aria-sort]").getAttribute("data-column");
    assert.equal(await sorted(), "flat");
    await page.getByRole("button", { name: "With callees" }).click();
    assert.equal(await sorted(), "total");
    const totals = (await page.locator(".sites td:nth-child(3)").allTextContents()).map((text) => parseInt(text));
    assert.deepEqual(
      totals,
      totals.toSorted((a, b) => b - a),
    );
    await page.getByRole("button", { name: "Function" }).click();
    const names = await page.locator(".sites tbody th button").allTextContents();
    assert.deepEqual(
      names,
      names.toSorted((a, b) => a.localeCompare(b)),
    );
    await page.locator(".sites tbody button").filter({ hasText: "grow()" }).click();
    assert.equal(await page.getByRole("searchbox").inputValue(), "grow()");
    await until(
      () => firstSite(page).locator("button").textContent(),
      (name) => name === "grow()",
    );
  }));

test("a value keeps the zoom where that is possible", () =>
  onFlame(async (page) => {
    await box(page, "grow()").click();
    await value(page, "Allocated since the start, bytes");
    assert.equal((await crumbs(page)).at(-1), "grow()");
    await page.getByLabel("tag").selectOption({ label: "parser" });
    assert.deepEqual(await crumbs(page).then((all) => all.includes("grow()")), false);
  }));

test("a narrow and a dark window have it all", () =>
  onFlame(
    async (page) => {
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 400);
      await box(page, "grow()").click();
      assert.equal((await crumbs(page)).at(-1), "grow()");
    },
    { viewport: { width: 400, height: 800 }, colorScheme: "dark" },
  ));
