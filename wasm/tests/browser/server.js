/** Serves the pages of the tests. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { after } from "node:test";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };

export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** What `serve` asks for the bytes behind a path; nothing when there are none. */
export const filesOf = (folder) => (path) => readFile(join(folder, path)).catch(() => undefined);

/** A server of `contentOf`, which lives as long as the tests, and the URLs of its pages, served with `headers`. */
export async function serve(contentOf) {
  const server = createServer(async ({ url }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const content = await contentOf(path);
    // A Worker's script must be as isolated as its page. A page has the headers that its query says.
    const headers = extname(path) === ".html" ? Object.fromEntries(searchParams) : ISOLATED;
    response.writeHead(content === undefined ? 404 : 200, { "content-type": TYPES[extname(path)] ?? "", ...headers });
    response.end(content);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    server,
    urlOf: (headers, path = "/") => `http://127.0.0.1:${server.address().port}${path}?${new URLSearchParams(headers)}`,
  };
}
