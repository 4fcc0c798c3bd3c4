/** Starts programs to look at, `cenote serve`, and Chromium. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import { startChromium } from "../../../wasm/scripts/chromium.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const program = process.env.CENOTE_PROGRAM ?? join(root, "build/release/bin/cenote");
const targets = process.env.CENOTE_TARGETS ?? join(root, "build/release/tests");

async function start(file, ...words) {
  const child = spawn(file, words, { stdio: ["pipe", "pipe", "inherit"] });
  after(() => child.kill("SIGKILL"));
  process.on("exit", () => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, line };
}

/** A program that has said that it is ready; `end()` ends it. */
export async function startTarget(name, ...words) {
  const { child, line } = await start(join(targets, `cenote_target_${name}`), ...words);
  assert.equal(line, "ready");
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { pid: child.pid, end, tell: (words) => child.stdin.write(`${words}\n`) };
}

/** The address of a server that watches these. */
export async function serve(...pids) {
  const { line } = await start(program, "serve", "--port", "0", ...pids.map(String));
  return line.split(" ")[0];
}

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
export async function until(read, is, seconds = 15) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await read();
    if (is(value)) return value;
    assert.ok(Date.now() < end, `still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
