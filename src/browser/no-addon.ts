// There is no native addon in a browser. In the bundle it replaces src/kernels/native/load.ts.

import { netwrightError } from '../errors.js'

export const tryAddon = (): Error =>
  netwrightError('ERR_BACKEND', "netwright's native addon needs Node.js, and this is a browser: use wasm() here.")

export function requireAddon(): never {
  throw tryAddon()
}

export const addonTried = requireAddon
