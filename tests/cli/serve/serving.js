/** Starts programs to look at, and `cenote serve`. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

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

export { onPage, until } from "../page/on_page.js";
