/** The demo imports the package by its name, as its users do: Node and Vite find it as this folder is within it. */
import { defineConfig } from "vite";

/** Without these a browser gives no shared memory. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { rolldownOptions: { checks: { eval: false } } }, // hdr-histogram-js asks for Node's zlib by eval; unused here
  worker: { format: "es" },
  server: { host: "127.0.0.1", headers, fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", headers },
});
