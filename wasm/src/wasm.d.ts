declare module "*.wasm" {
  /** Hexadecimal digits, or a module where the platform makes one: scripts/bundle.js. */
  const source: string | WebAssembly.Module;
  export default source;
}
