/** What Node does with blocks directly: files, sockets, hashes and compression, on private and on shared memory. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";

import { MemoryPool } from "cenote";

const folder = mkdtempSync(join(tmpdir(), "cenote-io-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "file");
const bytes = randomBytes(300_001);
writeFileSync(path, bytes);

const sha256 = (data) => createHash("sha256").update(data).digest("hex");

for (const shared of [false, true]) {
  describe(shared ? "blocks of shared memory" : "blocks of private memory", () => {
    test("take a file to a socket, two at a time", async () => {
      const pool = new MemoryPool(64 * 1024, 2, { shared });
      const received = [];
      const server = createServer((socket) => socket.on("data", (data) => received.push(data))).listen(0, "127.0.0.1");
      await once(server, "listening");
      const socket = connect(server.address().port, "127.0.0.1");
      const file = await open(path);
      await pool
        .readable({ pull: async (block) => (await file.read(block)).bytesRead })
        .pipeTo(pool.writable({ write: (block) => new Promise((sent) => socket.write(block, sent)) }));
      socket.end();
      server.close();
      await Promise.all([once(server, "close"), file.close()]);
      assert.equal(sha256(Buffer.concat(received)), sha256(bytes));
      assert.equal(pool.getStats().used, 0);
    });

    test("are hashed and compressed", () => {
      const pool = new MemoryPool(bytes.length, 1, { shared });
      const block = pool.allocateBlock();
      block.set(bytes);
      assert.equal(sha256(block), sha256(bytes));
      assert.deepEqual(gunzipSync(gzipSync(block)), bytes);
    });
  });
}

test("a private block that is transferred is copied, with the pool's whole memory, and stays whole", () => {
  const pool = new MemoryPool(64, 10);
  const block = pool.allocateBlock().fill(7);
  const copy = structuredClone(block, { transfer: [block.buffer] });
  assert.equal(copy.buffer.byteLength, pool.getStats().memoryBytes);
  assert.deepEqual([block.length, copy.length, copy[0]], [64, 64, 7]);
});
