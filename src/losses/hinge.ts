// Hinge loss: what a support-vector machine minimises.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLoss, type RowBackward, type RowForward } from './elementwise-loss.js'
import { checkLossOptions, type Loss, type LossOptions, type Reduced, type Reduction } from './loss.js'

/**
 * max(0, 1 - target · prediction) with targets -1 and 1; the mean over a sample's outputs, then over the samples.
 * Targets: rows (N,C) of -1 and 1, or, for a model with one output, labels (N), 0 (for -1) or 1. As Keras' `Hinge`,
 * which takes 0 for -1 in rows as well; here a 0 in a row gives a loss of 1 and no gradient.
 */
export function hinge<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new Hinge(checkLossOptions('hinge', options), [-1, 1])
}

class Hinge<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  readonly name = 'hinge'
  override readonly yesAbove = 0
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.hingeForward(args)
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.hingeBackward(args)
  }
}
