// One spec per kernel: a kernel without one does not compile. The parity tests and the benchmark run all of them.

import type { KernelName } from '../../src/kernels/declarations.js'
import type { KernelSpec, KernelSpecs } from './spec.js'
import { activations } from './specs/activations.js'
import { augmentation } from './specs/augmentation.js'
import { clipping } from './specs/clipping.js'
import { convolution } from './specs/convolution.js'
import { data } from './specs/data.js'
import { elementwise } from './specs/elementwise.js'
import { losses } from './specs/losses.js'
import { metrics } from './specs/metrics.js'
import { normalisation } from './specs/normalisation.js'
import { optimizers } from './specs/optimizers.js'
import { pooling } from './specs/pooling.js'
import { products } from './specs/products.js'
import { random } from './specs/random.js'
import { reductions } from './specs/reductions.js'

export const specs: KernelSpecs = {
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
}

/** The spec of one kernel. */
export function specOf<K extends KernelName>(kernel: K): KernelSpec<K> {
  return specs[kernel]
}
