declare module "*.wasm" {
  /** Base64, or a module where the bundler makes one. */
  const source: string | WebAssembly.Module;
  export default source;
}
