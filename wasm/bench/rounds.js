/**
 * Turn-taking: the peers of a case work one after the other, in many short turns, in another order each round: who
 * leaves garbage has it swept in the background during the next one's turn.
 *
 * Each peer has a Worker of its own, so that its code is compiled for its types alone and the garbage it leaves is
 * collected in its own turns. A slow minute of the machine falls on all peers of a round alike.
 */
import { scenarios } from "./scenarios/index.js";
import { orders } from "./scenarios/random.js";
import { startThread } from "./threads.js";

/** `passes` over all cases, each beginning with another; in each, `rounds` of turns of some milliseconds. */
export const FULL = { passes: 3, rounds: 8, turn: 12, warmUp: 150 };
export const QUICK = { passes: 1, rounds: 5, turn: 5, warmUp: 100 };
/** Measures nothing: for tests. */
export const TINY = { passes: 1, rounds: 1, turn: 1, warmUp: 0 };

/** All cases that run on a platform, "node" or "chromium"; `only` names some, or scenarios. */
export function casesOn(platform, only = []) {
  const all = Object.entries(scenarios).flatMap(([scenario, { cases, platforms }]) =>
    !platforms || platforms.includes(platform)
      ? Object.entries(cases).map(([name, parameters]) => ({ scenario, name, parameters }))
      : [],
  );
  return only.length ? all.filter(({ scenario, name }) => only.includes(scenario) || only.includes(name)) : all;
}

/** By case and peer, the figures of each round. */
export async function runCases(cases, platform, modules, timing, tell = () => {}) {
  const results = Object.fromEntries(cases.map(({ name }) => [name, {}]));
  const order = Object.fromEntries(
    cases.map(({ name, scenario }) => [name, orders(scenarios[scenario].peersOn(platform).length)]),
  );
  for (let pass = 0; pass < timing.passes; ++pass) {
    const first = Math.floor((pass * cases.length) / timing.passes);
    for (const one of [...cases.slice(first), ...cases.slice(0, first)]) {
      tell(one.name);
      const samples = await runCase(one, platform, modules, timing, order[one.name]);
      for (const [peer, figures] of Object.entries(samples)) (results[one.name][peer] ??= []).push(...figures);
    }
  }
  return results;
}

async function runCase({ scenario, parameters }, platform, modules, { rounds, turn, warmUp }, order) {
  const peers = scenarios[scenario].peersOn(platform);
  const seats = await Promise.all(peers.map((peer) => startThread("seat", { scenario, parameters, peer, modules })));
  try {
    if (warmUp) for (const seat of seats) await seat.ask(warmUp);
    const samples = Object.fromEntries(peers.map((peer) => [peer, []]));
    for (let round = 0; round < rounds; ++round) {
      for (const place of order.next().value) samples[peers[place]].push(await seats[place].ask(turn));
    }
    return samples;
  } finally {
    await Promise.all(seats.map((seat) => seat.end()));
  }
}
