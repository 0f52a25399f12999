// Kullback-Leibler divergence of a predicted distribution from a wanted one.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLoss, type RowBackward, type RowForward } from './elementwise-loss.js'
import { checkLossOptions, type Loss, type LossOptions, type Reduced, type Reduction } from './loss.js'

/**
 * Σ target · (ln target - prediction) over a sample's classes, then the mean over the samples. The prediction is
 * log-probabilities (N,C), as a log-softmax gives; targets are rows (N,C) of probabilities, of which 0 adds 0. As
 * PyTorch's `KLDivLoss` with reduction 'batchmean' (its 'mean' divides by the classes too, which is no divergence).
 */
export function klDivergence<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new KLDivergence(checkLossOptions('klDivergence', options))
}

class KLDivergence<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  readonly name = 'klDivergence'
  override readonly targetRange = [0, 1] as const
  protected override scale(): number {
    return 1
  }
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.klDivergenceForward(args)
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.klDivergenceBackward(args)
  }
}
