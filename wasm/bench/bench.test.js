/** That the benches run: each scenario's first case once, for a moment, with all its peers. Their checksums do the checking. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { inNode } from "./node.js";
import { unchecked } from "./peers.js";
import { goals, summary, table } from "./report.js";
import { casesOn } from "./rounds.js";
import { scenarios } from "./scenarios/index.js";
import { lacks } from "./scenarios/ways.js";

const MOMENT = { passes: 1, rounds: 1, turn: 1, warmUp: 0 };

for (const [scenario, { goals: wanted }] of Object.entries(scenarios)) {
  test(`${scenario} runs, and all its figures are figures`, async () => {
    const [first] = casesOn("node", [scenario]);
    const results = await inNode([first], MOMENT);
    const peers = results[first.name];
    assert.deepEqual(Object.keys(peers), scenarios[scenario].peersOn("node"));
    for (const [peer, samples] of Object.entries(peers)) {
      assert.ok(unchecked[peer] ?? lacks[peer], `nobody says what ${peer} leaves unchecked`);
      assert.equal(samples.length, MOMENT.rounds);
      for (const value of samples.flatMap(Object.values)) assert.ok(value >= 0 && Number.isFinite(value), peer);
    }
    assert.equal(table(first.name, summary(scenario, peers)).split("\n").length, 1 + Object.keys(peers).length);
    assert.equal(goals(results).length, wanted.filter(({ name }) => name === first.name).length);
  });
}

test("a name that no case has is none", () => {
  assert.deepEqual(casesOn("node", ["no such case"]), []);
});
