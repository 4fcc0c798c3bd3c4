#!/usr/bin/env node
/** Frames over TCP, through a pool and through fresh buffers: `node demo/tcp --help`. */
import { HELP, UsageError, optionsOf } from "./options.js";
import { summed, tableOf } from "./report.js";
import { runRound } from "./round.js";

/** In turns, so that neither takes the processor from the other. */
async function compare(options) {
  const rounds = { pool: [], fresh: [] };
  for (let i = 0; i < options.rounds; i++) {
    for (const kind of i % 2 ? ["fresh", "pool"] : ["pool", "fresh"]) rounds[kind].push(await runRound(kind, options));
  }
  return [summed(rounds.pool, options), summed(rounds.fresh, options)];
}

async function main(args) {
  const options = optionsOf(args);
  if (options.help) return process.stdout.write(HELP);
  const [pool, fresh] = await compare(options);
  process.stdout.write(options.json ? `${JSON.stringify({ pool, fresh }, null, 2)}\n` : tableOf(pool, fresh, options));
  if (pool.lost || pool.wrong || fresh.lost || fresh.wrong) throw new Error("frames were lost or came back wrong");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`demo/tcp: ${error.message}${error instanceof UsageError ? "; see --help" : ""}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
