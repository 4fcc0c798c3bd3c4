/** A page that passes a block to a Worker, which increments its bytes, and back. `result` is its sum. */
import { MemoryPool } from "cenote";

const pool = new MemoryPool(1000, 4, { shared: true });
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

globalThis.result = new Promise((resolve, reject) => {
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.onmessage = ({ data: handle }) => {
    const block = pool.adopt(handle);
    const sum = block.reduce((sum, byte) => sum + byte);
    pool.freeBlock(block);
    resolve({ sum, used: pool.getStats().used });
  };
});

const block = pool.allocateBlock().fill(1);
worker.postMessage({ pool: pool.share(), handle: pool.handleOf(block) });
