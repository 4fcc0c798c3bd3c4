/**
 * A Worker: reads frames from one socket, has another Worker change them, writes them to the next socket. A thread of its
 * own for each round, so that no round inherits another's garbage.
 */
import { parentPort, workerData, Worker } from "node:worker_threads";

import { framesIn } from "./frame_memory.js";
import { observePauses } from "./pauses.js";
import { headerOf, listen, readFrames } from "./wire.js";

const { kind, options, sourcePort } = workerData;
const frames = framesIn(kind, options);
const pauses = observePauses();
const transform = new Worker(new URL("transform_worker.js", import.meta.url), {
  workerData: { ...options, carrier: frames.carrier },
});
let received = 0;
let written = 0;
let sourceEnded = false;

const { port, peer } = await listen();
parentPort.postMessage({ port });
const viewer = await peer;

transform.on("message", ({ parcel, header, pauses: ofTransform }) => {
  if (ofTransform) return report(ofTransform);
  const frame = frames.unpack(parcel);
  viewer.write(headerOf(header.number, header.born));
  viewer.write(frame, () => {
    frames.release(frame);
    written++;
    endIfDone();
  });
});

const source = await readFrames(sourcePort, {
  tryTake: () => frames.tryTake(),
  take: () => frames.take(),
  giveBack: (frame) => frames.release(frame),
  receive(header, frame) {
    received++;
    const [parcel, transfer] = frames.pack(frame);
    transform.postMessage({ header, parcel }, transfer);
  },
});
source.on("end", () => {
  sourceEnded = true;
  endIfDone();
});

function endIfDone() {
  if (!sourceEnded || written < received) return;
  viewer.end();
  transform.postMessage({ over: true });
}

function report(ofTransform) {
  parentPort.postMessage({ used: frames.used, pauses: [...pauses(), ...ofTransform] });
  parentPort.close();
}
