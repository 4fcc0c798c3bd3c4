/** Where every thread of the benches begins: it takes the role that it was started for, and says that it is ready. */
import { parentPort, workerData } from "node:worker_threads";

import { churner } from "./scenarios/workers.js";
import { receiver } from "./scenarios/transfer.js";
import { seat } from "./seat.js";

const roles = { churner, receiver, seat };

const say = (message) => parentPort.postMessage(message);

try {
  const role = await roles[workerData.role](workerData, say);
  // A role that answers returns how; one that listens by itself has begun to.
  if (role) {
    parentPort.on("message", async (message) => {
      try {
        say(await role(message));
      } catch (error) {
        say({ error: error.stack });
      }
    });
  }
  say("ready");
} catch (error) {
  say({ error: error.stack });
}
