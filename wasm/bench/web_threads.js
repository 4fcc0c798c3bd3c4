/** node:worker_threads, as far as the benches use it, over a browser's Workers: stands in for it in Chromium's bundle. */
const listenTo = (port, type, listener) =>
  port.addEventListener(type, (event) => listener(type === "error" ? new Error(event.message) : event.data));

export class Worker {
  #worker;
  constructor(url, { workerData }) {
    this.#worker = new globalThis.Worker(url, { type: "module" });
    this.#worker.postMessage(workerData);
  }
  on(type, listener) {
    listenTo(this.#worker, type, listener);
  }
  postMessage(message, transfer = []) {
    this.#worker.postMessage(message, transfer);
  }
  terminate() {
    this.#worker.terminate();
  }
}

const isWorker = typeof document === "undefined";

export const parentPort = {
  on: (type, listener) => listenTo(globalThis, type, listener),
  postMessage: (message) => globalThis.postMessage(message),
};

/** The first message. */
export const workerData = isWorker
  ? await new Promise((resolve) => addEventListener("message", ({ data }) => resolve(data), { once: true }))
  : undefined;
