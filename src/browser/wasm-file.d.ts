// A WebAssembly file as scripts/bundle-browser.mjs imports it: deflated bytes, or nothing where it was not built.

declare module '*.wasm' {
  const deflated: Uint8Array | undefined
  export default deflated
}
