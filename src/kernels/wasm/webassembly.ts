// The part of WebAssembly's JavaScript interface that this room uses. Node's types leave it to the browser's, which
// a package for Node must not ask of its users.

export interface WebAssemblyModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module'
}

export interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer
}

interface WebAssemblyInterface {
  readonly Module: new (bytes: ArrayBufferView | ArrayBuffer) => WebAssemblyModule
  readonly Memory: new (size: { initial: number; maximum: number }) => WebAssemblyMemory
  readonly Instance: new (
    module: WebAssemblyModule,
    imports: { readonly env: { readonly memory: WebAssemblyMemory } },
  ) => { readonly exports: unknown }
  compile(bytes: ArrayBufferView | ArrayBuffer): Promise<WebAssemblyModule>
}

/** undefined where the engine runs without it, as under `--jitless`; load.ts asks first. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly
