// Runs a program of the preset wasi: node run.js PROGRAM ARGUMENTS...
"use strict";
const { readFileSync } = require("node:fs");
const { WASI } = require("node:wasi");

const [program, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: [program, ...args],
  env: process.env,
  preopens: { "/": "/" },
});
const module_ = new WebAssembly.Module(readFileSync(program));
process.exitCode = wasi.start(new WebAssembly.Instance(module_, wasi.getImportObject()));
