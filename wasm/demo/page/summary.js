/** One sentence on how the two compare, once both have been measured for a while. */
import * as format from "./format.js";

const SECONDS_MIN = 2;

export function summaryOf(pool, fresh) {
  if (!(pool?.meter.seconds > SECONDS_MIN && fresh?.meter.seconds > SECONDS_MIN)) return "";
  const ratio = format.times(pool.meter.framesPerSecond / fresh.meter.framesPerSecond);
  const latency = format.times(pool.meter.latency(99) / fresh.meter.latency(99));
  return (
    `So far the pool passes ${ratio} times the frames a second, at ${latency} times the p99 latency. ` +
    `The fresh arrays took ${format.bytes(fresh.meter.bytesPassed)} of new memory, taken back in ` +
    `${format.count(fresh.collections)} collections or more; the pool took none after its start.`
  );
}
