/** A Worker, the world outside: sends frames to the relay, views what comes back, and compares every byte. */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";

import { checksum, drawFrame } from "../pipeline/frames.js";
import { now } from "../pipeline/now.js";
import { TRANSFORMS } from "../pipeline/transforms.js";
import { headerOf, listen, readFrames } from "./wire.js";

const SCENES = 8;
const { width, height, bytes, seconds } = workerData;

const scenes = Array.from({ length: SCENES }, (_, number) => {
  const frame = new Uint8Array(bytes);
  drawFrame(frame, width, height, 20 * number);
  return frame;
});
const expected = scenes.map((scene) => {
  const frame = Uint8Array.from(scene);
  TRANSFORMS.grade(frame, width, height);
  return frame;
});

const source = await listen();
parentPort.postMessage({ port: source.port });
const [{ relayPort }] = await once(parentPort, "message");

const latencies = [];
let viewed = 0;
let wrong = 0;
let sum;
const memory = new Uint8Array(bytes);
const viewer = await readFrames(relayPort, {
  tryTake: () => memory,
  take: async () => memory,
  giveBack: () => {},
  receive({ number, born }, frame) {
    latencies.push(now() - born);
    if (number !== viewed || Buffer.compare(frame, expected[number % SCENES])) wrong++;
    if (viewed < SCENES) sum = checksum(frame, sum);
    viewed++;
  },
});

const socket = await source.peer;
const began = now();
let sent = 0;
while (now() < began + 1000 * seconds) {
  socket.write(headerOf(sent, now()));
  if (!socket.write(scenes[sent % SCENES])) await once(socket, "drain");
  sent++;
}
socket.end();
await once(viewer, "end");
parentPort.postMessage({ sent, viewed, wrong, sum, latencies, milliseconds: now() - began });
parentPort.close();
