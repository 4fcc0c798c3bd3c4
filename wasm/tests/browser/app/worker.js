import { MemoryPool } from "cenote";

onmessage = ({ data }) => {
  const pool = MemoryPool.attach(data.pool);
  const block = pool.adopt(data.handle);
  for (const i of block.keys()) ++block[i];
  postMessage(pool.handleOf(block));
};
