// The bytes of the WebAssembly module, and the only place that knows where they lie. The bundle for browsers carries them
// in itself: src/browser/module-bytes.ts.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where they lie, as errors call it. */
export const place = fileURLToPath(new URL('../../../prebuilds/netwright.wasm', import.meta.url))

/** undefined where the module was not built. */
export const moduleBytes = (): Uint8Array | undefined => (existsSync(place) ? readFileSync(place) : undefined)
