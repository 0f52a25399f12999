// Which backend is used where none is named.

import { describe, netwrightError } from '../errors.js'
import { loadsAddons, setting, warn } from '../platform.js'
import { Tensor } from '../tensor/tensor.js'
import { packageVersion } from '../version.js'
import { type Backend, type BackendName, backendNames } from './backend.js'
import type { Kernels } from './kernels.js'
import { native } from './native/index.js'
import { addonTried, tryAddon } from './native/load.js'
import { reference } from './reference/backend.js'
import { tryModule, wasm } from './wasm/index.js'

interface Choice {
  readonly backend: Backend
  readonly reasons: readonly string[]
}

let chosen: Choice | undefined

const backends: Readonly<Record<BackendName, () => Backend>> = { native, wasm, reference }

function choose(): Choice {
  const wanted = setting('NETWRIGHT_BACKEND')
  if (wanted !== undefined) {
    if (backendNames.includes(wanted as BackendName)) {
      return { backend: backends[wanted as BackendName](), reasons: [`NETWRIGHT_BACKEND is ${describe(wanted)}`] }
    }
    throw netwrightError(
      'ERR_BACKEND',
      `NETWRIGHT_BACKEND is ${describe(wanted)}, expected 'native', 'wasm' or 'reference'`,
    )
  }
  const addon = tryAddon()
  if (!(addon instanceof Error)) return { backend: native(), reasons: [`${addonTried().path} is there and fits`] }
  const module = tryModule()
  const [backend, how] = module instanceof Error ? [reference(), 'TypeScript, slowly'] : [wasm(), 'WebAssembly']
  const until = `Until then it computes in ${how}`
  if (loadsAddons) warn(`${addon.message} ${until}; npx netwright doctor tells more.`, 'NETWRIGHT_FALLBACK')
  // A browser that has WebAssembly misses nothing.
  else if (module instanceof Error) warn(`${module.message} ${until}.`, 'NETWRIGHT_FALLBACK')
  return { backend, reasons: [addon, module].filter((found) => found instanceof Error).map(({ message }) => message) }
}

/**
 * The backend of models and tensor functions that name none: the one that `NETWRIGHT_BACKEND` names (`native`, `wasm` or
 * `reference`), else native, else, with one warning, wasm or the reference. Chosen once. ERR_BACKEND where the one named
 * is not to be had.
 */
export function defaultBackend(): Backend {
  chosen ??= choose()
  return chosen.backend
}

/** What {@link backendInfo} tells. */
export interface BackendInfo {
  readonly backend: BackendName
  /** `'avx512'`, `'avx2'`, `'sse2'`, `'neon'`, `'simd128'`; the reference's is `'js'`. */
  readonly isa: string
  /** Most threads for one kernel. */
  readonly threads: number
  /** Of this package. */
  readonly version: string
  /** Why this backend: what asked for it, or what was wrong with each better one. */
  readonly reasons: readonly string[]
}

/** What models and tensor functions that name no backend run on, and why. Throws as {@link defaultBackend} does. */
export function backendInfo(): BackendInfo {
  const { name, isa, threads } = defaultBackend()
  return { backend: name, isa, threads, version: packageVersion, reasons: chosen?.reasons ?? [] }
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
