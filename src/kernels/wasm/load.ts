// Compiles the WebAssembly module of the kernels, and checks that it is that of these declarations.

import { netwrightError } from '../../errors.js'
import { declarations, fingerprint } from '../declarations.js'
import { KernelInstance, readFingerprint } from './kernel-instance.js'
import { moduleBytes, place } from './module-bytes.js'
import { type WebAssemblyModule, webAssembly } from './webassembly.js'

let loaded: WebAssemblyModule | Error | undefined

function load(): WebAssemblyModule | Error {
  try {
    if (webAssembly === undefined) return unavailable('this engine has none', 'It comes back without --jitless.')
    const bytes = moduleBytes()
    if (bytes === undefined)
      return unavailable(
        `${place}: not there`,
        'Install the package anew; in a clone, build them with: npm run build:wasm.',
      )
    const module = new webAssembly.Module(bytes)
    const [found, expected] = [readFingerprint(new KernelInstance(module, 0)), fingerprint(declarations)]
    if (found === expected) return module
    return unavailable(`${place}: built from other kernel declarations (${found}, expected ${expected})`)
  } catch (error) {
    return unavailable(`${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function unavailable(reason: string, remedy = 'Install the package anew.'): Error {
  return netwrightError('ERR_BACKEND', `netwright's WebAssembly kernels are not available (${reason}). ${remedy}`)
}

/** The compiled module, or the error that says why there is none. Compiled once. */
export function tryModule(): WebAssemblyModule | Error {
  loaded ??= load()
  return loaded
}
