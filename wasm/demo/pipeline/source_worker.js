/** Draws frames and posts them to the next station while the board says so. */
import { Word, enter, moveOn } from "./board.js";
import { carrierOf } from "./carriers.js";
import { drawFrame } from "./frames.js";
import { now } from "./now.js";

let setup;
let carrier;
let number = 0;

onmessage = ({ data }) => {
  if (data.setup) begin(data.setup);
  else run();
};

function begin(given) {
  setup = given;
  carrier = carrierOf(setup.carrier);
}

async function run() {
  const { board, interval } = setup;
  let due = now();
  while (Atomics.load(board, Word.run)) {
    await drawAndPost();
    due = Math.max(due + interval, now() - interval);
    await until(due);
  }
  postMessage({ drawn: number });
}

async function drawAndPost() {
  const { board, width, height, next } = setup;
  const frame = await waitTimed(carrier.take());
  enter(board, 0);
  const born = now();
  drawFrame(frame, width, height, number);
  const [parcel, transfer] = carrier.pack(frame);
  moveOn(board, 0);
  next.postMessage({ parcel, number: number++, born }, transfer);
}

async function waitTimed(promise) {
  const asked = now();
  const result = await promise;
  Atomics.add(setup.board, Word.waitedMicros, Math.round(1000 * (now() - asked)));
  return result;
}

const turns = new MessageChannel();

/** The time, in milliseconds; at least the end of the event loop's turn, so that messages come in. */
function until(due) {
  const wait = due - now();
  if (wait > 1) return new Promise((wake) => setTimeout(wake, wait));
  return new Promise((wake) => {
    turns.port1.onmessage = wake;
    turns.port2.postMessage(0);
  });
}
