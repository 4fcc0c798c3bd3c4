/** The rounds' figures, summed up and as text. */
import { build } from "hdr-histogram-js";

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

/** Of all rounds of one kind. */
export function summed(rounds, { bytes }) {
  const seconds = sumOf(rounds.map((round) => round.milliseconds)) / 1000;
  const frames = sumOf(rounds.map((round) => round.viewed));
  const pauses = rounds.flatMap((round) => round.pauses);
  return {
    frames,
    bytes: frames * bytes,
    framesPerSecond: frames / seconds,
    megabytesPerSecond: (frames * bytes) / 1e6 / seconds,
    latencyMs: latencyOf(rounds),
    collections: pauses.length,
    pausedMs: sumOf(pauses),
    longestPauseMs: Math.max(0, ...pauses),
    usedAtEnd: sumOf(rounds.map((round) => round.used)),
    lost: sumOf(rounds.map((round) => round.sent - round.viewed)),
    wrong: sumOf(rounds.map((round) => round.wrong)),
    checksums: rounds.map((round) => round.sum.toString(16).padStart(8, "0")),
  };
}

function latencyOf(rounds) {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60e6,
    numberOfSignificantValueDigits: 3,
  });
  for (const { latencies } of rounds) {
    for (const latency of latencies) histogram.recordValue(Math.max(1, Math.round(1000 * latency)));
  }
  const [p50, p99, max] = [50, 99, 100].map((percentile) => histogram.getValueAtPercentile(percentile) / 1000);
  return { p50, p99, max };
}

const ROWS = [
  ["frames/s", (figures) => figures.framesPerSecond.toFixed(0)],
  ["MB/s", (figures) => figures.megabytesPerSecond.toFixed(0)],
  ["latency p50, ms", (figures) => figures.latencyMs.p50.toFixed(1)],
  ["latency p99, ms", (figures) => figures.latencyMs.p99.toFixed(1)],
  ["latency max, ms", (figures) => figures.latencyMs.max.toFixed(1)],
  ["garbage collections", (figures) => figures.collections],
  ["stopped by them, ms", (figures) => figures.pausedMs.toFixed(1)],
  ["longest pause, ms", (figures) => figures.longestPauseMs.toFixed(1)],
  ["memory taken for frames, MB", (figures, options, kind) => memoryTaken(kind, figures, options).toFixed(0)],
  ["frames sent and seen", (figures) => figures.frames],
  ["lost · wrong", (figures) => `${figures.lost} · ${figures.wrong}`],
  ["in use at the end", (figures) => figures.usedAtEnd],
];

const memoryTaken = (kind, figures, { blocks, bytes, rounds }) =>
  (kind === "fresh" ? figures.bytes : rounds * blocks * bytes) / 1e6;

export function tableOf(pool, fresh, options) {
  const { width, height, bytes, blocks, rounds, seconds } = options;
  const line = (name, left, right) => `${name.padEnd(30)}${String(left).padStart(12)}${String(right).padStart(16)}`;
  return [
    `Frames of ${width} x ${height} (${(bytes / 1e6).toFixed(1)} MB) over TCP on 127.0.0.1, ${blocks} under way at most.`,
    `${rounds} rounds of ${seconds} s each, in turns. Collections are those of the relay and its transform Worker.`,
    "",
    line("", "pool", "fresh buffers"),
    ...ROWS.map(([name, of]) => line(name, of(pool, options, "pool"), of(fresh, options, "fresh"))),
    "",
  ].join("\n");
}
