/** The benches run: the first case of each scenario once, for a moment, with all its peers; checksums check the results. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { inNode } from "./node.js";
import { unchecked } from "./peers.js";
import { goals, summary, table } from "./report.js";
import { TINY, casesOn } from "./rounds.js";
import { scenarios } from "./scenarios/index.js";
import { lacks } from "./scenarios/ways.js";

for (const [scenario, { goals: wanted }] of Object.entries(scenarios)) {
  test(`${scenario} runs, and all its figures are figures`, async () => {
    const [first] = casesOn("node", [scenario]);
    const results = await inNode([first], TINY);
    const peers = results[first.name];
    assert.deepEqual(Object.keys(peers), scenarios[scenario].peersOn("node"));
    for (const [peer, samples] of Object.entries(peers)) {
      assert.ok(unchecked[peer] ?? lacks[peer], `nobody says what ${peer} leaves unchecked`);
      assert.equal(samples.length, TINY.rounds);
      for (const value of samples.flatMap(Object.values)) assert.ok(value >= 0 && Number.isFinite(value), peer);
    }
    assert.equal(table(first.name, summary(scenario, peers)).split("\n").length, 1 + Object.keys(peers).length);
    assert.equal(goals(results).length, wanted.filter(({ name }) => name === first.name).length);
  });
}

test("a name that no case has is none", () => {
  assert.deepEqual(casesOn("node", ["no such case"]), []);
});

const runBench = (...words) =>
  promisify(execFile)(process.execPath, [new URL("run.js", import.meta.url).pathname, ...words]);

test("run.js prints a table and the goals, and writes JSON", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "cenote-bench-"));
  t.after(() => rm(folder, { recursive: true }));
  const { stdout } = await runBench("--tiny", "--platform", "node", "--only", "pair/4096", "--output", folder);
  const { cases } = JSON.parse(await readFile(join(folder, "node.json"), "utf8"));
  assert.deepEqual(
    cases.map(({ name }) => name),
    ["pair/4096"],
  );
  assert.ok(cases[0].summary.cenote.ratio > 0);
  assert.match(stdout, /^pair\/4096 .*ratio$/m);
  assert.match(stdout, /^(reached|MISSED ) {2}pair/m);
});

test("run.js refuses an unknown name", async () => {
  await assert.rejects(runBench("--only", "nothing"), { code: 2, stderr: /no scenario or case nothing/ });
});
