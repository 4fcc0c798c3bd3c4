/** The Workers' side of workers.test.js and worker_end.test.js. */
import { parentPort, workerData } from "node:worker_threads";

import { AlreadyFreedError, MemoryPool } from "cenote";

const { id, task, token } = workerData;
const pool = MemoryPool.attach(token);

/** Whether all of a block still says what its owner wrote. */
const isMine = (block, mark) => block.every((byte) => byte === mark);

const tasks = {
  describe: () => pool.getStats(),

  churn({ pairs, hold }) {
    const held = [];
    let lost = 0,
      done = 0;
    const giveBack = (block) => {
      if (!isMine(block, id)) ++lost;
      block.fill(0);
      pool.freeBlock(block);
    };
    while (done < pairs) {
      const block = held.length < hold ? pool.tryAllocateBlock() : null;
      if (block) {
        if (!isMine(block, 0)) ++lost;
        held.push(block.fill(id));
        ++done;
      } else if (held.length) {
        giveBack(held.splice(done % held.length, 1)[0]);
      }
    }
    held.forEach(giveBack);
    return { pairs: done, lost };
  },

  takeAll() {
    const starts = [];
    for (let block; (block = pool.tryAllocateBlock()); ) starts.push(block.byteOffset);
    return starts;
  },

  reclaim: ({ owner }) => pool.reclaim(owner),

  async waitInTurn({ turns }) {
    let lost = 0;
    for (let turn = 0; turn < turns; ++turn) {
      const block = await pool.allocateBlockAsync();
      block.fill(id);
      await null;
      if (!isMine(block, id)) ++lost;
      pool.freeBlock(block);
    }
    return { turns, lost };
  },

  adoptAll({ handles }) {
    let adopted = 0;
    for (const handle of handles) {
      try {
        pool.freeBlock(pool.adopt(handle));
        ++adopted;
      } catch (error) {
        if (!(error instanceof AlreadyFreedError)) throw error;
      }
    }
    return adopted;
  },
};

if (task === "hold") {
  for (let i = 0; i < workerData.blocks; ++i) pool.allocateBlock();
  const handles = Array.from({ length: workerData.handles }, () => pool.handleOf(pool.allocateBlock()));
  parentPort.on("message", () => {}); // stay until the test ends this Worker
  parentPort.postMessage({ owner: pool.owner, handles });
} else if (task === "churnForever") {
  parentPort.postMessage({ owner: pool.owner });
  for (const held = []; ; ) {
    const block = held.length < 20 ? pool.tryAllocateBlock() : null;
    if (block) held.push(block);
    else if (held.length % 2) pool.freeBlock(pool.adopt(pool.handleOf(held.pop())));
    else pool.freeBlock(held.pop());
  }
} else if (task === "increment") {
  parentPort.on("message", (handle) => {
    const block = pool.adopt(handle);
    ++block[0];
    parentPort.postMessage(pool.handleOf(block));
  });
} else if (task === "waitAlone") {
  const block = pool.allocateBlockAsync();
  parentPort.postMessage("waiting");
  parentPort.postMessage((await block).length);
} else if (task === "giveUp") {
  const abort = new AbortController();
  const block = pool.allocateBlockAsync({ signal: abort.signal });
  abort.abort();
  parentPort.postMessage((await block.catch((reason) => reason)).name);
} else {
  parentPort.on("message", () => {}); // stay until the test ends this Worker
  parentPort.postMessage(await tasks[task](workerData));
}
