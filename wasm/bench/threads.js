/** Starting another thread in one of thread.js's roles, and asking it. */
import { Worker } from "node:worker_threads";

/**
 * Resolves when the thread is ready. `ask` posts a message and resolves with what it says next; `listen` hears all that
 * it says, in place of `ask`.
 */
export async function startThread(role, data) {
  const worker = new Worker(new URL("thread.js", import.meta.url), { workerData: { role, ...data } });
  let hear, fail;
  const next = () => new Promise((resolve, reject) => ([hear, fail] = [resolve, reject]));
  const ready = next();
  worker.on("message", (said) => (said?.error ? fail(new Error(said.error)) : hear(said)));
  worker.on("error", (error) => fail(error));
  const thread = {
    ask(message) {
      const answer = next();
      worker.postMessage(message);
      return answer;
    },
    next,
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  };
  await ready;
  return thread;
}
