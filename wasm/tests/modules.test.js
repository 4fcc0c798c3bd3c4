/** The modules, read as code: what cannot be written there cannot happen. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const HOT = ["allocate", "free", "handOut", "claim", "reclaim"];

/** Each function's instructions, by its index, and what is exported: from wasm2wat's text. */
function read(path) {
  const text = execFileSync("wasm2wat", ["--enable-threads", path], { encoding: "utf8" });
  const functions = new Map();
  for (const [, index, body] of text.matchAll(/^ {2}\(func \(;(\d+);\)([^]*?)(?=^ {2}\()/gm))
    functions.set(index, body.match(/[a-z0-9_]+(\.[a-z0-9_.]+)?/g));
  const exports = Object.fromEntries(
    [...text.matchAll(/\(export "(\w+)" \(func (\d+)\)\)/g)].map(([, name, index]) => [name, index]),
  );
  return { text, functions, exports };
}

/** The instructions of a function and of all that it calls. */
function reach({ functions, exports }, name) {
  const seen = new Set();
  const visit = (index) => {
    if (seen.has(index)) return;
    seen.add(index);
    const body = functions.get(index);
    body.forEach((word, i) => word === "call" && visit(body[i + 1]));
  };
  visit(exports[name]);
  return [...seen].flatMap((index) => functions.get(index));
}

// A remainder of a constant other than 0 cannot trap; memory is accessed at addresses that the pool itself has laid out.
const canTrap = (word, i, words) =>
  /^(unreachable|throw|call_indirect)|\.(div|rem)_|\.trunc_f|^(memory|table|atomic)\./.test(word) &&
  !(/^i32\.rem/.test(word) && words[i - 2] === "i32.const" && words[i - 1] > 0);

const path = (name) => new URL(`../dist/${name}`, import.meta.url).pathname;

for (const name of ["pool.wasm", "pool-shared.wasm"]) {
  describe(name, () => {
    const module = read(path(name));

    test("never grows the memory, writes a global or calls through a table, and has no data of its own", () => {
      assert.ok(module.functions.size >= HOT.length);
      for (const word of ["memory.grow", "global.set", "call_indirect", "(data", "(start", "(elem"])
        assert.ok(!module.text.includes(word), word);
    });

    test("imports its memory and nothing else", () => {
      assert.deepEqual(module.text.match(/\(import [^(]*/g), ['(import "env" "memory" ']);
    });

    for (const hot of HOT) {
      test(`${hot} has no instruction that traps, but for accesses of memory`, () => {
        const words = reach(module, hot);
        assert.ok(words.some((word) => word.includes("load")));
        assert.deepEqual(words.filter(canTrap), []);
      });
    }

    test("is about a kilobyte", () => assert.ok(readFileSync(path(name)).length <= 1240));
  });
}

test("allocating is one atomic operation that writes, freeing too", () => {
  const module = read(path("pool-shared.wasm"));
  const body = (name) =>
    module.functions.get(module.exports[name]).filter((word) => /\.atomic\.(rmw|store)/.test(word));
  assert.deepEqual(body("allocate"), ["i64.atomic.rmw.and"]);
  assert.deepEqual(body("free"), ["i64.atomic.rmw.or"]);
});

test("private memory needs no atomics at all", () => {
  assert.ok(!read(path("pool.wasm")).text.includes("atomic"));
});
