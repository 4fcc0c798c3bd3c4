/** What a pool says where it cannot be: each case in a process of its own, with the platform's part taken away. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const cwd = new URL("..", import.meta.url).pathname;

/** What a module prints in a process of its own. */
const run = (code) =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, encoding: "utf8", stdio: "pipe" });

/** Runs `prelude`, then tries to make a pool with `options`; its error's code and message, or "made". */
function outcome(prelude, options) {
  const code = `
    ${prelude}
    const { MemoryPool } = await import("cenote");
    try { new MemoryPool(64, 1, ${options}); console.log("made"); }
    catch (error) { console.log(error.code, error.message); }`;
  return run(code).trim();
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
  assert.equal(run(code).trim(), "64");
});

// Jest and vitest's vmThreads run tests in a context whose globals are partly another realm's.
const FOREIGN_GLOBALS = `
    import { runInNewContext } from "node:vm";
    for (const name of ["ArrayBuffer", "SharedArrayBuffer", "Uint8Array", "Int32Array"])
      globalThis[name] = runInNewContext(name);
    const { MemoryPool } = await import("cenote");`;

test("a private pool is private and waits where ArrayBuffer is another realm's", () => {
  const code = `${FOREIGN_GLOBALS}
    const pool = new MemoryPool(64, 1);
    const block = pool.allocateBlock();
    setTimeout(() => pool.freeBlock(block), 20);
    const { length } = await pool.allocateBlockAsync();
    let refused;
    try { pool.share(); } catch (error) { refused = error.name; }
    console.log(length, pool.getStats().shared, refused);`;
  assert.equal(run(code).trim(), "64 false TypeError");
});

test("a shared pool is shared, and waits, where its buffer's class is another realm's", () => {
  const code = `${FOREIGN_GLOBALS}
    const pool = new MemoryPool(64, 1, { shared: true });
    const other = MemoryPool.attach(pool.share());
    const block = pool.allocateBlock();
    setTimeout(() => pool.freeBlock(block), 20);
    console.log((await other.allocateBlockAsync()).length, other.getStats().shared);`;
  assert.equal(run(code).trim(), "64 true");
});

test("a token is accepted when its memory is another realm's", () => {
  const code = `
    import { runInNewContext } from "node:vm";
    const { MemoryPool } = await import("cenote");
    const pool = new MemoryPool(64, 1, { shared: true });
    pool.allocateBlock();
    const token = pool.share();
    WebAssembly.Memory = runInNewContext("WebAssembly.Memory");
    console.log(MemoryPool.attach(token).getStats().used);`;
  assert.equal(run(code).trim(), "1");
});
