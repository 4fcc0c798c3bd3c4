/** What the command line says. */
import { parseArgs } from "node:util";

export const HELP = `Passes frames over TCP on 127.0.0.1, through a pool and through fresh buffers in turns, and prints how each did.

  node demo/tcp [options]

  --seconds N   how long each round lasts, 0.2 to 60 (2)
  --rounds N    rounds of each, 1 to 20 (3)
  --size WxH    of a frame, in pixels of four bytes, up to 4096x4096 (1280x720)
  --blocks N    frames under way at most, 2 to 256 (8)
  --json        prints the figures as JSON
  --help        prints this
`;

export class UsageError extends Error {}

const OPTIONS = {
  seconds: { type: "string", default: "2" },
  rounds: { type: "string", default: "3" },
  size: { type: "string", default: "1280x720" },
  blocks: { type: "string", default: "8" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

/** Errors: UsageError. */
export function optionsOf(args) {
  const { values } = parse(args);
  const [width, height] = sizeOf(values.size);
  return {
    help: values.help,
    json: values.json,
    seconds: numberOf("seconds", values.seconds, 0.2, 60),
    rounds: wholeOf("rounds", values.rounds, 1, 20),
    blocks: wholeOf("blocks", values.blocks, 2, 256),
    width,
    height,
    bytes: 4 * width * height,
  };
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function numberOf(name, text, min, max) {
  const value = Number(text);
  if (text !== "" && value >= min && value <= max) return value;
  throw new UsageError(`--${name} is a number from ${min} to ${max}, not '${text}'`);
}

function wholeOf(name, text, min, max) {
  const value = numberOf(name, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${name} is a whole number, not '${text}'`);
}

function sizeOf(text) {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (width >= 2 && height >= 2 && width <= 4096 && height <= 4096) return [Number(width), Number(height)];
  throw new UsageError(`--size is like 1280x720, from 2x2 to 4096x4096, not '${text}'`);
}
