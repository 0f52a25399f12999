// The bytes of the WebAssembly module, which the bundle carries deflated. In the bundle it replaces
// src/kernels/wasm/module-bytes.ts.

import { inflateSync } from 'fflate'
import deflated from '../../prebuilds/netwright.wasm'

/** Where they lie, as errors call it. */
export const place = "netwright's bundle for browsers"

/** undefined where the bundle was made without a module. */
export const moduleBytes = (): Uint8Array | undefined => deflated && inflateSync(deflated)
