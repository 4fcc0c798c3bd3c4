/**
 * Messages of 64 KiB from one Worker to another, in bursts that end with one answer; and one message and its answer
 * at a time. This is producer and consumer, too: one side allocates, the other frees.
 */
import { times } from "./columns.js";
import { pagesOf, read } from "./pages.js";
import { startThread } from "../threads.js";
import { expect } from "./turn.js";
import { BURST, ways } from "./ways.js";

/** A role: takes messages, and says what it has read whenever a burst is complete. */
export function receiver({ way, data, burst }, say) {
  let sum = 0,
    taken = 0;
  ways[way].receive(data, (message) => {
    sum += read(message);
    if (++taken % burst) return;
    say(sum);
    sum = 0;
  });
}

async function sendBurst(thread, send, burst, size) {
  const answer = thread.next();
  for (let i = 0; i < burst; ++i) send(1 + (i % 100), thread.post);
  let wanted = 0;
  for (let i = 0; i < burst; ++i) wanted += pagesOf(size) * (1 + (i % 100));
  expect(await answer, wanted);
}

export const transfer = {
  title: "64 KiB from one Worker to another, written and read in each page",
  cases: { "transfer/65536": { size: 65536, burst: BURST }, "round_trip/65536": { size: 65536, burst: 1 } },
  peersOn: () => Object.keys(ways),
  columns: times("messages per ms"),
  goals: [{ name: "transfer/65536", peer: "handle, postMessage", figure: "ns", atMost: 2500 }],
  async prepare(way, { size, burst }) {
    const { data, send } = ways[way].open(size);
    const thread = await startThread("receiver", { way, data, burst });
    return {
      async turn(milliseconds) {
        const begin = performance.now();
        let messages = 0;
        do {
          await sendBurst(thread, send, burst, size);
          messages += burst;
        } while (performance.now() - begin < milliseconds);
        return { ns: ((performance.now() - begin) * 1e6) / messages };
      },
    };
  },
};
