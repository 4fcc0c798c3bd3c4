/** As much of node:worker_threads and node:events as the tests and the benches use, on a browser's Workers. */
const saidIn = ({ type, message, data }) => (type === "error" ? new Error(message) : data);

export class Worker extends (globalThis.Worker ?? Object) {
  constructor(url, { workerData }) {
    super(url, { type: "module" });
    this.postMessage(workerData);
  }
  on(type, listener) {
    this.addEventListener(type, (event) => listener(saidIn(event)));
  }
}

export const once = (target, type) =>
  new Promise((resolve) => target.addEventListener(type, (event) => resolve([saidIn(event)]), { once: true }));

export let workerData, parentPort;
if (globalThis.document === undefined) {
  addEventListener("unhandledrejection", ({ reason }) => reportError(reason)); // else the page would not hear of it
  [workerData] = await once(globalThis, "message");
  parentPort = {
    on: (type, listener) => addEventListener(type, ({ data }) => listener(data)),
    postMessage: (message) => postMessage(message),
  };
}
