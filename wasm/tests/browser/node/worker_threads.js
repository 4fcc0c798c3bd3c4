/** As much of node:worker_threads and node:events as the tests use, on a browser's Workers. */
export class Worker extends (globalThis.Worker ?? Object) {
  constructor(url, { workerData }) {
    super(url, { type: "module" });
    this.postMessage(workerData);
  }
}

export const once = (target, type) =>
  new Promise((resolve) =>
    target.addEventListener(type, (event) => resolve([type === "error" ? new Error(event.message) : event.data]), {
      once: true,
    }),
  );

export let workerData, parentPort;
if (globalThis.document === undefined) {
  addEventListener("unhandledrejection", ({ reason }) => reportError(reason)); // else the page would not hear of it
  [workerData] = await once(globalThis, "message");
  parentPort = {
    on: (type, listener) => addEventListener(type, ({ data }) => listener(data)),
    postMessage: (message) => postMessage(message),
  };
}
