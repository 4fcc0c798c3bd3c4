/**
 * The scenarios. Each has `cases`, name to parameters; `peersOn(platform)`, the first of which the others' ratios are
 * to; `prepare(peer, parameters, modules)`, whose `turn(milliseconds)` works about so long and resolves with figures;
 * `columns`, what is printed of them; `ratioOf`, the figure whose ratios are, `ns` if not said; and `goals`, what the design wants to reach.
 */
import { garbage } from "./garbage.js";
import { held } from "./held.js";
import { pair } from "./pair.js";
import { tail } from "./tail.js";
import { touch } from "./touch.js";
import { transfer } from "./transfer.js";
import { workers } from "./workers.js";

export const scenarios = { pair, held, touch, transfer, workers, tail, garbage };
