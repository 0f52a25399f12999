// Squared error: the mean over outputs, and the book's half sum.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLoss, type RowBackward, type RowForward } from './elementwise-loss.js'
import { checkLossOptions, type Loss, type LossOptions, type Reduced, type Reduction } from './loss.js'

/**
 * Mean squared error: the mean of (prediction - target)² over a sample's outputs, then over the samples. Targets have
 * the prediction's shape (N, …). With 'mean' as PyTorch's `MSELoss`; 'sum' and 'none' keep the mean over the outputs, as
 * Keras does.
 */
export function mse<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new MeanSquaredError(checkLossOptions('mse', options))
}

/**
 * The book's error of a network without softmax: ½ Σ (prediction - target)² over a sample's outputs, whose gradient is
 * prediction - target; then the mean over the samples, which divides that by N. Targets have the prediction's shape.
 */
export function halfSquaredError<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new HalfSquaredError(checkLossOptions('halfSquaredError', options))
}

abstract class SquaredError<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.squaredErrorForward(args)
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.squaredErrorBackward(args)
  }
}

class MeanSquaredError<Result extends number | Tensor> extends SquaredError<Result> {
  readonly name = 'mse'
}

class HalfSquaredError<Result extends number | Tensor> extends SquaredError<Result> {
  readonly name = 'halfSquaredError'
  protected override scale(): number {
    return 0.5
  }
}
