/** The two ways to pass frames on: the only part in which the pipelines differ. */
import { FreshCarrier } from "./fresh_carrier.js";
import { PoolCarrier } from "./pool_carrier.js";

export const carrierOf = ({ kind, ...setup }) => new { pool: PoolCarrier, fresh: FreshCarrier }[kind](setup);
