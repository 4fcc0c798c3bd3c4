/** The package as npm packs it: what is in it, how large it is, and that it works where it is installed. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { transform } from "esbuild";

import { home, newConsumer } from "./consumer.js";

const { folder: consumer, files } = newConsumer();

const node = (code) =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: consumer, encoding: "utf8" }).trim();

test("the package brings what its exports name, and no sources or tests", () => {
  const { exports } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  for (const path of [...Object.values(exports["."]), exports["./pool.wasm"], exports["./pool-shared.wasm"]])
    assert.ok(files.has(path.slice(2)), path);
  assert.ok(files.has("LICENSE"));
  for (const path of files) assert.match(path, /^(dist\/|package\.json$|README\.md$|LICENSE$)/);
});

test("it needs no other package", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  assert.equal(dependencies ?? peerDependencies, undefined);
});

test("installed, it works", () => {
  assert.equal(
    node(
      'import { MemoryPool } from "cenote"; const pool = new MemoryPool(64, 2, { shared: true }); pool.allocateBlock(); console.log(pool.getStats().used)',
    ),
    "1",
  );
});

test("where the platform compiles modules, as workerd does, it imports them", () => {
  const loader = `
    import { fileURLToPath } from "node:url";
    const source = (path) => \`import { readFileSync } from "node:fs"; export default new WebAssembly.Module(readFileSync(\${JSON.stringify(path)}))\`;
    export const load = (url, context, next) =>
      url.endsWith(".wasm") ? { format: "module", source: source(fileURLToPath(url)), shortCircuit: true } : next(url, context);
  `;
  writeFileSync(join(consumer, "loader.mjs"), loader);
  writeFileSync(
    join(consumer, "workerd.mjs"),
    `import { register } from "node:module";
     register("./loader.mjs", import.meta.url);
     const { MemoryPool } = await import("cenote");
     console.log(import.meta.resolve("cenote").split("/").pop(), new MemoryPool(64, 2).allocateBlock().length);`,
  );
  const answer = execFileSync(process.execPath, ["--conditions=workerd", "workerd.mjs"], {
    cwd: consumer,
    encoding: "utf8",
  });
  assert.equal(answer, "workerd.js 64\n");
});

test("its modules can be had by themselves", () => {
  for (const name of ["pool.wasm", "pool-shared.wasm"]) {
    const size = node(
      `import { readFileSync } from "node:fs"; console.log(readFileSync(new URL(import.meta.resolve("cenote/${name}"))).length)`,
    );
    assert.ok(Number(size) > 500);
  }
});

test("an uncaught error shows the line that threw it, and no more of the package", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", 'import { MemoryPool } from "cenote"; new MemoryPool(0, 1);'],
    { cwd: consumer, encoding: "utf8" },
  );
  assert.equal(status, 1);
  assert.match(stderr, /throw new InvalidBlockSizeError/);
  assert.ok(stderr.length < 2000, `${stderr.length} characters`);
});

test("a stack trace leads to the sources by the source map", () => {
  const { stderr } = spawnSync(
    process.execPath,
    [
      "--enable-source-maps",
      "--input-type=module",
      "--eval",
      'import { MemoryPool } from "cenote"; new MemoryPool(0, 1);',
    ],
    { cwd: consumer, encoding: "utf8" },
  );
  assert.match(stderr, /src\/layout\.ts:\d+/);
});

test("its types compile with ES2022's library, and without Node's types", () => {
  const options = { lib: ["ES2022", "DOM"], types: [], strict: true, module: "NodeNext", noEmit: true };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["uses.ts"] }));
  writeFileSync(
    join(consumer, "uses.ts"),
    'import { MemoryPool } from "cenote"; const { block } = new MemoryPool(64, 1).lease(); block satisfies Uint8Array<ArrayBuffer>;',
  );
  const { status, stdout } = spawnSync(process.execPath, [join(home, "node_modules/typescript/bin/tsc")], {
    cwd: consumer,
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [0, ""]);
});

test("what a page loads is small, as bundlers minify it", async () => {
  const { code } = await transform(readFileSync(join(home, "dist/index.js"), "utf8"), { minify: true, format: "esm" });
  const bytes = gzipSync(code, { level: 9 }).length;
  assert.ok(bytes <= 5.2 * 1024, `${bytes} bytes gzipped`);
});
