/** One round: the world outside, the relay, and what both have to tell. */
import { Worker } from "node:worker_threads";

const SECONDS_TO_SPARE = 20;

/** Errors: what ended a Worker; or that it takes too long. */
export async function runRound(kind, options) {
  const workers = [];
  const timeout = failAfter(options.seconds + SECONDS_TO_SPARE, `the ${kind} round did not end`);
  const inTime = (promise) => Promise.race([promise, timeout.failed]);
  try {
    const farEnd = begin(workers, "far_end.js", options);
    const { port: sourcePort } = await inTime(nextMessage(farEnd));
    const relay = begin(workers, "relay.js", { kind, options, sourcePort });
    const { port: relayPort } = await inTime(nextMessage(relay));
    const reports = [nextMessage(farEnd), nextMessage(relay)];
    farEnd.postMessage({ relayPort });
    const [seen, relayed] = await inTime(Promise.all(reports));
    return { ...seen, ...relayed };
  } finally {
    timeout.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function begin(workers, file, workerData) {
  const worker = new Worker(new URL(file, import.meta.url), { workerData });
  workers.push(worker);
  return worker;
}

function nextMessage(worker) {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function failAfter(seconds, message) {
  let timer;
  const failed = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} within ${seconds} s`)), 1000 * seconds);
  });
  return { failed, clear: () => clearTimeout(timer) };
}
