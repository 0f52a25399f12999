// Which backend is used where none is named.

import { describe, netwrightError } from '../errors.js'
import { Tensor } from '../tensor/tensor.js'
import { type Backend, type BackendName, backendNames } from './backend.js'
import type { Kernels } from './kernels.js'
import { native } from './native/index.js'
import { tryAddon } from './native/load.js'
import { reference } from './reference/backend.js'
import { tryModule, wasm } from './wasm/index.js'

let chosen: Backend | undefined

const backends: Readonly<Record<BackendName, () => Backend>> = { native, wasm, reference }

function choose(): Backend {
  const wanted = process.env.NETWRIGHT_BACKEND || undefined
  if (wanted !== undefined) {
    if (backendNames.includes(wanted as BackendName)) return backends[wanted as BackendName]()
    throw netwrightError(
      'ERR_BACKEND',
      `NETWRIGHT_BACKEND is ${describe(wanted)}, expected 'native', 'wasm' or 'reference'`,
    )
  }
  const addon = tryAddon()
  if (!(addon instanceof Error)) return native()
  const module = tryModule()
  const [backend, how] = module instanceof Error ? [reference(), 'TypeScript, slowly'] : [wasm(), 'WebAssembly']
  process.emitWarning(`${addon.message} Until then it computes in ${how}; npx netwright doctor tells more.`, {
    type: 'NetwrightWarning',
    code: 'NETWRIGHT_FALLBACK',
  })
  return backend
}

/**
 * The backend of models and tensor functions that name none: the one that `NETWRIGHT_BACKEND` names (`native`, `wasm` or
 * `reference`), else native, else, with one warning, wasm or the reference. Chosen once. ERR_BACKEND where the one named
 * is not to be had.
 */
export function defaultBackend(): Backend {
  chosen ??= choose()
  return chosen
}

const references = new Map<string, Kernels>()

/**
 * Eager kernels of float type `real` for work by hand: the default backend's where that is its type, else the
 * reference's. So float64 tensors are computed in float64, whatever the default backend.
 */
export function eagerKernels(real: 'float32' | 'float64'): Kernels {
  const { kernels } = defaultBackend()
  if (kernels.real === real) return kernels
  const known = references.get(real) ?? reference({ dtype: real }).kernels
  references.set(real, known)
  return known
}

/** The float type that work by hand on `values` has: float64 where one is a float64 tensor or typed array. */
export function floatTypeOf(...values: readonly unknown[]): 'float32' | 'float64' {
  const isDouble = (value: unknown): boolean =>
    value instanceof Float64Array || (value instanceof Tensor && value.element === 'float64')
  return values.some(isDouble) ? 'float64' : defaultBackend().real
}
