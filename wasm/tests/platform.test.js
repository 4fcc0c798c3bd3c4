/** What a pool says where it cannot be: each case in a process of its own, with the platform's part taken away. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** Runs `prelude`, then tries to make a pool with `options`; its error's code and message, or "made". */
function outcome(prelude, options) {
  const code = `
    ${prelude}
    const { MemoryPool } = await import("cenote");
    try { new MemoryPool(64, 1, ${options}); console.log("made"); }
    catch (error) { console.log(error.code, error.message); }`;
  const cwd = new URL("..", import.meta.url).pathname;
  return execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, encoding: "utf8" }).trim();
}

test("with nothing taken away a pool is made", () => {
  for (const options of ["{}", "{ shared: true }"]) assert.equal(outcome("", options), "made");
});

test("a page that is not cross-origin isolated is told what shared memory needs", () => {
  assert.match(outcome("delete globalThis.SharedArrayBuffer;", "{ shared: true }"), /^ERR_UNSUPPORTED .*COOP and COEP/);
});

test("it can have private pools", () => {
  assert.equal(outcome("delete globalThis.SharedArrayBuffer;", "{}"), "made");
});

test("a policy that forbids WebAssembly is named", () => {
  const forbid = 'WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("refused"); } };';
  for (const prelude of [forbid, "delete globalThis.WebAssembly;"]) {
    assert.match(outcome(prelude, "{}"), /^ERR_UNSUPPORTED .*'wasm-unsafe-eval'/);
  }
});

test("memory that is not to be had is an error with its cause", () => {
  const refuse = 'WebAssembly.Memory = class { constructor() { throw new RangeError("refused"); } };';
  assert.match(outcome(refuse, "{}"), /^ERR_OUT_OF_MEMORY /);
});

test("a line waits without Atomics.waitAsync, too", () => {
  const code = `
    delete Atomics.waitAsync;
    const { MemoryPool } = await import("cenote");
    const pool = new MemoryPool(64, 1, { shared: true });
    const other = MemoryPool.attach(pool.share());
    const block = pool.allocateBlock();
    setTimeout(() => pool.freeBlock(block), 20);
    console.log((await other.allocateBlockAsync()).length);`;
  const cwd = new URL("..", import.meta.url).pathname;
  const answer = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, encoding: "utf8" });
  assert.equal(answer.trim(), "64");
});
