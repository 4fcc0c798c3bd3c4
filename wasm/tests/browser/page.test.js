/** What a browser grants and refuses: by a page's headers, by its limits, by what its interfaces take. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { onPage } from "./chromium.js";
import { ISOLATED, filesOf, serve } from "./server.js";

const dist = filesOf(fileURLToPath(new URL("../../dist", import.meta.url)));

// The page's own script, not the driver's, which a content security policy does not bind.
const PAGE = `<!doctype html><script type="module" src="page.js"></script>`;
const SCRIPT = `
  import * as cenote from "./index.js";
  globalThis.cenote = cenote;
  globalThis.outcomeOf = (options) => {
    try { return new cenote.MemoryPool(64, 1, options).allocateBlock().length; }
    catch ({ name, code, message }) { return { name, code, message }; }
  };
  globalThis.outcomes = { own: outcomeOf({}), shared: outcomeOf({ shared: true }) };`;

const { server, urlOf } = await serve((path) => ({ "/index.html": PAGE, "/page.js": SCRIPT })[path] ?? dist(path));

const outcomes = (headers) => onPage(urlOf(headers), (page) => page.evaluate(() => globalThis.outcomes));

const policy = (script) => ({ ...ISOLATED, "content-security-policy": `default-src 'none'; script-src ${script}` });

describe("a page's headers", () => {
  test("isolate it: it has private and shared pools", async () => {
    assert.deepEqual(await outcomes(ISOLATED), { own: 64, shared: 64 });
  });

  test("leave it open to others: a shared pool is told what it lacks, a private one is had", async () => {
    const { own, shared } = await outcomes({});
    assert.equal(own, 64);
    assert.deepEqual([shared.name, shared.code], ["UnsupportedError", "ERR_UNSUPPORTED"]);
    assert.match(shared.message, /COOP and COEP/);
  });

  test("forbid WebAssembly: every pool is told which policy allows it", async () => {
    for (const outcome of Object.values(await outcomes(policy("'self'")))) {
      assert.deepEqual([outcome.name, outcome.code], ["UnsupportedError", "ERR_UNSUPPORTED"]);
      assert.match(outcome.message, /'wasm-unsafe-eval'/);
    }
  });

  test("allow WebAssembly and nothing else: pools are had", async () => {
    assert.deepEqual(await outcomes(policy("'self' 'wasm-unsafe-eval'")), { own: 64, shared: 64 });
  });
});

describe("a page's memories", () => {
  for (const shared of [false, true]) {
    test(`are about 125 ${shared ? "shared" : "private"} ones; one more is an error, until one is collected`, () =>
      onPage(urlOf(ISOLATED), async (page) => {
        const { made, error, later } = await page.evaluate((shared) => {
          outcomes = null; // the pools of the page's script
          const pools = [];
          let error;
          while (!error && pools.length < 2000) {
            try {
              pools.push(new cenote.MemoryPool(64, 1, { shared }));
            } catch ({ name, code, message }) {
              error = { name, code, message };
            }
          }
          const made = pools.length;
          pools.pop();
          return { made, error, later: outcomeOf({ shared }) };
        }, shared);
        assert.ok(made >= 120 && made <= 125, `${made} pools`); // pages closed before may have left a few
        assert.deepEqual([error?.name, error?.code], ["OutOfMemoryError", "ERR_OUT_OF_MEMORY"]);
        assert.match(error.message, /limit how many/);
        assert.equal(later, 64);
      }));
  }
});

/** What each interface does with `bytes`: "ok", or its error's name. Serialised into the page. */
const USES = {
  TextDecoder: (bytes) => new TextDecoder().decode(bytes),
  Blob: (bytes) => new Blob([bytes]).arrayBuffer(),
  "crypto.subtle": (bytes) => crypto.subtle.digest("SHA-256", bytes),
  WebSocket: async (bytes) => {
    const socket = new WebSocket(location.origin.replace("http", "ws"));
    await new Promise((opened) => (socket.onopen = opened));
    try {
      socket.send(bytes);
    } finally {
      socket.close();
    }
  },
};

// As much of a WebSocket's server as opens it.
server.on("upgrade", ({ headers }, socket) => {
  const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
      `sec-websocket-accept: ${accept.digest("base64")}\r\n\r\n`,
  );
  socket.on("data", () => socket.end()).on("error", () => {});
});

describe("interfaces of the browser", () => {
  for (const [name, use] of Object.entries(USES)) {
    test(`${name} refuses shared memory, takes its copy, and private memory itself`, () =>
      onPage(urlOf(ISOLATED), async (page) => {
        const answers = await page.evaluate(`(async () => {
          const use = ${use};
          const shared = new cenote.MemoryPool(64, 1, { shared: true });
          const block = shared.allocateBlock().fill(65);
          const all = [block, shared.copy(block), new cenote.MemoryPool(64, 1).allocateBlock()];
          return Promise.all(all.map(async (bytes) => {
            try { await use(bytes); return "ok"; }
            catch (error) { return error.name; }
          }));
        })()`);
        assert.deepEqual(answers, ["TypeError", "ok", "ok"]);
      }));
  }

  test("WebSocket sends a block's bytes", () =>
    onPage(urlOf(ISOLATED), async (page) => {
      const sent = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("framesent"));
      await page.evaluate(`(${USES.WebSocket})(new cenote.MemoryPool(5, 1).allocateBlock().fill(65))`);
      assert.equal(String((await sent).payload), "AAAAA");
    }));

  test("postMessage of a private block copies the pool's whole memory, of its copy only that", () =>
    onPage(urlOf(ISOLATED), async (page) => {
      const [whole, all, part] = await page.evaluate(async () => {
        const pool = new cenote.MemoryPool(64, 10_000);
        const block = pool.allocateBlock();
        const { port1, port2 } = new MessageChannel();
        const received = (message) =>
          new Promise((resolve) => {
            port2.onmessage = ({ data }) => resolve(data.buffer.byteLength);
            port1.postMessage(message);
          });
        return [pool.getStats().memoryBytes, await received(block), await received(pool.copy(block))];
      });
      assert.ok(whole > 640_000);
      assert.deepEqual([all, part], [whole, 64]);
    }));

  test("a block cannot be transferred, and is whole after the try", () =>
    onPage(urlOf(ISOLATED), async (page) => {
      const [name, length] = await page.evaluate(() => {
        const block = new cenote.MemoryPool(64, 1).allocateBlock();
        try {
          new MessageChannel().port1.postMessage(block, [block.buffer]);
        } catch ({ name }) {
          return [name, block.length];
        }
      });
      assert.equal(length, 64);
      assert.match(name, /^(DataCloneError|TypeError)$/);
    }));

  test("a BYOB reader refuses a block", () =>
    onPage(urlOf(ISOLATED), async (page) => {
      const names = await page.evaluate(async () => {
        const pull = (controller) => {
          controller.byobRequest.view[0] = 1;
          controller.byobRequest.respond(1);
        };
        const nameOf = async (block) => {
          const reader = new ReadableStream({ type: "bytes", pull }).getReader({ mode: "byob" });
          return reader.read(block).then(
            () => "ok",
            ({ name }) => name,
          );
        };
        const pools = [new cenote.MemoryPool(64, 1), new cenote.MemoryPool(64, 1, { shared: true })];
        return Promise.all([...pools.map((pool) => nameOf(pool.allocateBlock())), nameOf(new Uint8Array(64))]);
      });
      assert.deepEqual(names, ["TypeError", "TypeError", "ok"]);
    }));

  test("a body fetched from the network is read into blocks, a copy each", () =>
    onPage(urlOf(ISOLATED), async (page) => {
      const same = await page.evaluate(async () => {
        const whole = new Uint8Array(await (await fetch("index.js")).arrayBuffer());
        const pool = new cenote.MemoryPool(1024, 2);
        let rest = new Uint8Array();
        const reader = (await fetch("index.js")).body.getReader();
        const pull = async (block) => {
          if (!rest.length) rest = (await reader.read()).value ?? rest;
          const written = Math.min(rest.length, block.length);
          block.set(rest.subarray(0, written));
          rest = rest.subarray(written);
          return written;
        };
        const read = [];
        await pool.readable({ pull }).pipeTo(pool.writable({ write: (block) => void read.push(...block) }));
        return read.length === whole.length && read.every((byte, i) => byte === whole[i]);
      });
      assert.ok(same);
    }));
});
