// The backends that kernel tests run on. NETWRIGHT_BACKEND=reference leaves the native ones out, wasm puts WebAssembly in
// their place; otherwise a missing addon is an error, never a skipped test.

import type { SplitBackend } from '../src/kernels/backend.js'
import type { Kernels } from '../src/kernels/kernels.js'
import { availableIsas, native } from '../src/kernels/native/index.js'
import { referenceKernels } from '../src/kernels/reference/index.js'
import { wasm } from '../src/kernels/wasm/index.js'
import { hasNative, hasWasm } from './setup/backend.js'

/** The part of a backend that cuts a kernel's work into pieces. */
export type Splitter = Pick<SplitBackend, 'units' | 'partition'>

export interface TestBackend {
  readonly name: string
  readonly kernels: Kernels
  /** Not of the reference, which does each call as a whole. */
  readonly splitter?: Splitter
}

/** The float32 reference, then WebAssembly, or native for every ISA of this machine. */
export function testBackends(): readonly TestBackend[] {
  const reference: TestBackend = { name: 'reference', kernels: referenceKernels('float32') }
  if (hasWasm) {
    const backend = wasm()
    return [reference, { name: 'wasm', kernels: backend.kernels, splitter: backend }]
  }
  if (!hasNative) return [reference]
  const isas = availableIsas()
  // native() says what is missing.
  if (isas.length === 0) native()
  return [
    reference,
    ...isas.map((isa) => {
      const backend = native({ isa })
      return { name: `native ${isa}`, kernels: backend.kernels, splitter: backend }
    }),
  ]
}
