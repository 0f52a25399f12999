// Helpers for tests that train: backends to train on, and weights to compare to the bit.

import type { Backend } from '../../src/kernels/backend.js'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import type { Network } from '../../src/model/network.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { hasNative } from '../setup/backend.js'

/** The float32 reference, and native on every ISA of this machine, one thread. */
export function trainingBackends(): readonly (readonly [name: string, backend: Backend])[] {
  const natives = hasNative ? availableIsas().map((isa) => [`native ${isa}`, native({ isa, threads: 1 })] as const) : []
  return [['reference', reference()] as const, ...natives]
}

/** All parameters' bits as text: equal texts are equal bits. */
export const weightBits = (network: Network): string => bitsOf(network.params)

/** As weightBits, of what layers keep besides: running statistics. */
export const bufferBits = (network: Network): string => bitsOf(network.buffers.map(({ value }) => value))

const bitsOf = (tensors: readonly Tensor[]): string =>
  tensors
    .map(({ data }) =>
      Buffer.from(Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))).toString('base64'),
    )
    .join(' ')
