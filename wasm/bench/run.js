/**
 * The benches of the package beside their peers, in Node and in Chromium: tables, and JSON in build/wasm-bench/.
 *
 *   bench/run [--quick | --tiny] [--only NAME]... [--platform NAME]... [--output DIR]     builds the package before
 *
 *   --quick      few short turns: two minutes; without it about six
 *   --tiny       one turn of a millisecond each: runs all code, and measures nothing
 *   --only       a scenario (pair), or a case of it (pair/4096)
 *   --platform   node, chromium
 *   --output     the folder for the JSON, build/wasm-bench/
 *
 * CHROMIUM names another browser than /usr/bin/chromium. Exit status 2 when an option or a name is not known.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { inChromium } from "./chromium.js";
import { inNode } from "./node.js";
import { unchecked } from "./peers.js";
import { goals, summary, table } from "./report.js";
import { FULL, QUICK, TINY, casesOn } from "./rounds.js";
import { scenarios } from "./scenarios/index.js";
import { lacks } from "./scenarios/ways.js";

const PLATFORMS = ["node", "chromium"];

function refuse(what) {
  console.error(`bench/run.js: ${what}`);
  process.exit(2);
}

function parse() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean" },
        tiny: { type: "boolean" },
        only: { type: "string", multiple: true, default: [] },
        platform: { type: "string", multiple: true, default: PLATFORMS },
        output: { type: "string", default: new URL("../../build/wasm-bench", import.meta.url).pathname },
      },
    }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

const given = parse();
for (const name of given.platform)
  if (!PLATFORMS.includes(name)) refuse(`no platform ${name} (${PLATFORMS.join(", ")})`);
for (const name of given.only)
  if (!PLATFORMS.some((platform) => casesOn(platform, [name]).length))
    refuse(`no scenario or case ${name} (${Object.keys(scenarios).join(", ")})`);
const folder = given.output;
const timing = given.tiny ? TINY : given.quick ? QUICK : FULL;

const tell = (name) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${name}\r`);

async function run(platform, cases) {
  if (platform === "node") return { results: await inNode(cases, timing, tell), version: process.versions.node };
  return inChromium(cases, timing, `${folder}/page`, tell);
}

function print(platform, version, cases, results) {
  console.log(`\n== ${platform} ${version}`);
  let title;
  for (const { name, scenario } of cases) {
    if (title !== scenarios[scenario].title) console.log(`\n-- ${(title = scenarios[scenario].title)}`);
    console.log(`\n${table(name, summary(scenario, results[name]))}`);
  }
  const lines = platform === "node" ? goals(results) : [];
  if (lines.length) console.log(`\n${lines.join("\n")}`);
}

async function save(platform, version, cases, results) {
  const document = {
    platform,
    version,
    cpu: cpus()[0].model,
    cores: cpus().length,
    timing,
    cases: cases.map(({ name, scenario }) => ({
      name,
      title: scenarios[scenario].title,
      summary: summary(scenario, results[name]),
      samples: results[name],
    })),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/${platform}.json`, JSON.stringify(document, null, 1));
}

for (const platform of given.platform) {
  const cases = casesOn(platform, given.only);
  if (!cases.length) continue;
  const { results, version } = await run(platform, cases);
  print(platform, version, cases, results);
  await save(platform, version, cases, results);
}

console.log("\nEvery ratio is to the table's first row, the median of the rounds'. What is not checked:\n");
for (const [name, what] of Object.entries({ ...unchecked, ...lacks })) console.log(`  ${name.padEnd(20)} ${what}`);
