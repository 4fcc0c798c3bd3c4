/** How frames travel: a header of 16 bytes, then the pixels. */
import net from "node:net";

export const HOST = "127.0.0.1";
const HEADER_BYTES = 16;

/** Of frame `number`, sent at `born` milliseconds. */
export function headerOf(number, born) {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  header.setUint32(0, number);
  header.setFloat64(8, born);
  return new Uint8Array(header.buffer);
}

const parse = (header) => {
  const view = new DataView(header.buffer);
  return { number: view.getUint32(0), born: view.getFloat64(8) };
};

/**
 * Connects, and reads each frame straight into memory of the caller's choice.
 *
 * Node asks for the next buffer as soon as one is read, so a frame's memory is taken before its header is read. While
 * there is none the socket is not read, and TCP holds the sender.
 *
 * @param tryTake () => memory for a frame, or null
 * @param take () => a promise of it
 * @param giveBack (memory) => void: what was taken for a frame that did not come
 * @param receive (header, frame) => void
 */
export async function readFrames(port, { tryTake, take, giveBack, receive }) {
  const header = new Uint8Array(HEADER_BYTES);
  let frame = await take();
  let target = header;
  let filled = 0;

  function advance(bytes) {
    filled += bytes;
    if (filled < target.length) return true;
    filled = 0;
    if (target === header) return aimAt(frame);
    receive(parse(header), frame);
    aimAt(header);
    frame = tryTake();
    if (frame) return true;
    void take().then((memory) => {
      frame = memory;
      socket.resume();
    });
    return false;
  }

  function aimAt(next) {
    target = next;
    return true;
  }

  const socket = net.connect({
    host: HOST,
    port,
    onread: { buffer: () => target.subarray(filled), callback: advance },
  });
  socket.on("end", () => giveBack(frame));
  return socket;
}

/** Listens on a free port for one peer. */
export async function listen() {
  const server = net.createServer({ noDelay: true });
  await new Promise((listening) => server.listen(0, HOST, listening));
  const peer = new Promise((connected) =>
    server.once("connection", (socket) => {
      server.close();
      connected(socket);
    }),
  );
  return { port: server.address().port, peer };
}
