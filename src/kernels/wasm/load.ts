// Finds and compiles the WebAssembly module of the kernels. The only place that knows where it lies.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { netwrightError } from '../../errors.js'
import { declarations, fingerprint } from '../declarations.js'
import { KernelInstance, readFingerprint } from './kernel-instance.js'
import { type WebAssemblyModule, webAssembly } from './webassembly.js'

const path = fileURLToPath(new URL('../../../prebuilds/netwright.wasm', import.meta.url))

let loaded: WebAssemblyModule | Error | undefined

function load(): WebAssemblyModule | Error {
  try {
    if (!existsSync(path)) return unavailable(`${path}: no such file`, 'Build it in a clone with: npm run build:wasm.')
    const module = new webAssembly.Module(readFileSync(path))
    const [found, expected] = [readFingerprint(new KernelInstance(module, 0)), fingerprint(declarations)]
    if (found === expected) return module
    return unavailable(`${path}: built from other kernel declarations (${found}, expected ${expected})`)
  } catch (error) {
    return unavailable(`${path}: ${error instanceof Error ? error.message : String(error)}`)
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
