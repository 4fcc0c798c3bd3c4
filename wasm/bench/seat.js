/** A role: one peer of one case, in a Worker of its own. Whenever it is told to, it works for some milliseconds. */
import { scenarios } from "./scenarios/index.js";

export async function seat({ scenario, parameters, peer, modules }) {
  const { turn } = await scenarios[scenario].prepare(peer, parameters, modules);
  return (milliseconds) => turn(milliseconds);
}
