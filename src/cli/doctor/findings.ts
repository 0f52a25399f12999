// What the doctor finds out about a backend, or about the one that is used by default, without computing. Runs in a
// process of its own, since loading a damaged addon may end it.

import type { BackendName } from '../../kernels/backend.js'
import { type BackendInfo, backendInfo } from '../../kernels/default-backend.js'
import { availableIsas } from '../../kernels/native/index.js'
import { addonTried, tryAddon } from '../../kernels/native/load.js'
import { tryModule } from '../../kernels/wasm/index.js'

export interface Finding {
  /** Instruction sets that it can be had for, best first; empty where it cannot be had. */
  readonly isas: readonly string[]
  /** Where it is, or what it is. */
  readonly what: string
  /** Why it cannot be had, and what to do. */
  readonly problem?: string
}

export const finders: Readonly<Record<BackendName, () => Finding>> = {
  native: () => {
    const addon = tryAddon()
    return { isas: availableIsas(), what: addonTried().path, ...(addon instanceof Error && { problem: addon.message }) }
  },
  wasm: () => {
    const module = tryModule()
    if (module instanceof Error) return { isas: [], what: 'WebAssembly', problem: module.message }
    return { isas: ['simd128'], what: 'WebAssembly' }
  },
  reference: () => ({ isas: ['js'], what: 'plain TypeScript, there everywhere' }),
}

/** The backend of programs that name none; `problem`: why there is none. */
export interface Default {
  readonly info?: BackendInfo
  readonly problem?: string
}

export function findDefault(): Default {
  try {
    return { info: backendInfo() }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
