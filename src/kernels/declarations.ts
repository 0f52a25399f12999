// The one list of kernels. From it come the C++ argument structs and checks (scripts/generate-kernels.mjs), the
// `Kernels` interface (kernels.ts), the reference's checks, the recorder, and the texts of errors.
// Order of parameters: outputs, inputs, sizes, scalars.

import { activations } from './declarations/activations.js'
import { augmentation } from './declarations/augmentation.js'
import { clipping } from './declarations/clipping.js'
import { convolution } from './declarations/convolution.js'
import { data } from './declarations/data.js'
import { elementwise } from './declarations/elementwise.js'
import { losses } from './declarations/losses.js'
import { metrics } from './declarations/metrics.js'
import { normalisation } from './declarations/normalisation.js'
import { optimizers } from './declarations/optimizers.js'
import { pooling } from './declarations/pooling.js'
import { products } from './declarations/products.js'
import { random } from './declarations/random.js'
import { reductions } from './declarations/reductions.js'

export const declarations = {
  ...products,
  ...convolution,
  ...pooling,
  ...normalisation,
  ...activations,
  ...losses,
  ...clipping,
  ...optimizers,
  ...data,
  ...augmentation,
  ...reductions,
  ...metrics,
  ...elementwise,
  ...random,
} as const

export type KernelName = keyof typeof declarations
export const kernelNames = Object.keys(declarations) as KernelName[]

/** A short text that changes whenever a declaration does: the addon carries the one that it was built from. */
export function fingerprint(list: object): string {
  let hash = 0xcbf29ce484222325n // FNV-1a, 64 bit
  for (const character of JSON.stringify(list)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) as number)) * 0x100000001b3n)
  }
  return hash.toString(16)
}
