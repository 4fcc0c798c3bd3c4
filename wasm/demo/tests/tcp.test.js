import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";

const SCRIPT = path.join(import.meta.dirname, "../tcp/index.js");

function run(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, stdout, stderr }),
    );
  });
}

test("every frame comes through, byte for byte, and every block comes back", async () => {
  const { status, stdout, stderr } = await run(
    "--json",
    "--seconds",
    "1",
    "--rounds",
    "1",
    "--size",
    "320x180",
    "--blocks",
    "3",
  );
  assert.equal(status, 0, stderr);
  const { pool, fresh } = JSON.parse(stdout);
  for (const figures of [pool, fresh]) {
    assert.ok(figures.frames > 8);
    assert.equal(figures.bytes, figures.frames * 4 * 320 * 180);
    assert.deepEqual([figures.lost, figures.wrong, figures.usedAtEnd], [0, 0, 0]);
    assert.ok(figures.latencyMs.p50 > 0 && figures.latencyMs.p50 <= figures.latencyMs.p99);
  }
  assert.deepEqual(pool.checksums, fresh.checksums);
  assert.ok(fresh.collections > 0, "fresh buffers are collected");
});

test("as a table, too", async () => {
  const { status, stdout } = await run("--seconds", "0.2", "--rounds", "1", "--size", "64x36");
  assert.equal(status, 0);
  assert.match(stdout, /^Frames of 64 x 36 .* over TCP on 127\.0\.0\.1, 8 under way at most\./);
  assert.match(stdout, /^lost · wrong +0 · 0 +0 · 0$/m);
});

test("--help tells of every option", async () => {
  const { status, stdout } = await run("--help");
  assert.equal(status, 0);
  for (const option of ["seconds", "rounds", "size", "blocks", "json"])
    assert.match(stdout, new RegExp(`--${option}\\b`));
});

for (const [args, message] of [
  [["--blocks", "1"], "--blocks is a number from 2 to 256, not '1'"],
  [["--blocks", "2.5"], "--blocks is a whole number, not '2.5'"],
  [["--seconds", "soon"], "--seconds is a number from 0.2 to 60, not 'soon'"],
  [["--size", "large"], "--size is like 1280x720"],
  [["--fast"], "Unknown option '--fast'"],
]) {
  test(`${args.join(" ")} is refused in one line`, async () => {
    const { status, stdout, stderr } = await run(...args);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.ok(stderr.startsWith(`demo/tcp: ${message}`), stderr);
    assert.equal(stderr.trim().split("\n").length, 1);
  });
}
