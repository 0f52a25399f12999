// Binary cross-entropy on logits: independent yes-or-no questions, one per output.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLoss, type RowBackward, type RowForward } from './elementwise-loss.js'
import { checkLossOptions, type Loss, type LossOptions, type Reduced, type Reduction } from './loss.js'

/**
 * -t · ln σ(x) - (1 - t) · ln(1 - σ(x)) of logit x and target t, computed so that it overflows for no x; the mean over a
 * sample's outputs, then over the samples. The prediction is logits (N,C): the model does not end in a sigmoid. Targets:
 * rows (N,C) of numbers from 0 to 1, or, for a model with one output, labels (N), 0 or 1. As PyTorch's
 * `BCEWithLogitsLoss`.
 */
export function binaryCrossEntropy<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new BinaryCrossEntropy(checkLossOptions('binaryCrossEntropy', options), [0, 1])
}

class BinaryCrossEntropy<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  readonly name = 'binaryCrossEntropy'
  override readonly targetRange = [0, 1] as const
  override readonly takesLogits = true
  override readonly yesAbove = 0.5
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.binaryCrossEntropyForward(args)
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.binaryCrossEntropyBackward(args)
  }
}
