// Absolute error, and Huber's loss, which is squared near 0 and absolute beyond.

import { requireNumber } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLoss, type RowBackward, type RowForward } from './elementwise-loss.js'
import { checkLossOptions, type Loss, type LossOptions, type Reduced, type Reduction } from './loss.js'

/**
 * Mean absolute error: the mean of |prediction - target| over a sample's outputs, then over the samples; its gradient is
 * 0 where they are equal. Targets have the prediction's shape (N, …). As PyTorch's `L1Loss`.
 */
export function mae<R extends Reduction = 'mean'>(options: LossOptions<R> = {}): Loss<Reduced<R>> {
  return new MeanAbsoluteError(checkLossOptions('mae', options))
}

/** Options of {@link huber}. */
export interface HuberOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Where the parabola turns into lines, above 0. Default 1. */
  readonly delta?: number
}

/**
 * Huber's loss of d = prediction - target: d²/2 where |d| ≤ delta, else delta · (|d| - delta/2); the mean over a
 * sample's outputs, then over the samples. Targets have the prediction's shape (N, …). As PyTorch's `HuberLoss`.
 * Throws ERR_ARGUMENT for a delta that is not above 0.
 */
export function huber<R extends Reduction = 'mean'>(options: HuberOptions<R> = {}): Loss<Reduced<R>> {
  const reduction = checkLossOptions('huber', options, ['delta'])
  const { delta = 1 } = options
  return new Huber(
    reduction,
    requireNumber('huber: delta', delta, 'a finite number above 0', (value) => value > 0),
  )
}

class MeanAbsoluteError<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  readonly name = 'mae'
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.absoluteErrorForward(args)
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.absoluteErrorBackward(args)
  }
}

class Huber<Result extends number | Tensor> extends ElementwiseLoss<Result> {
  readonly name = 'huber'
  readonly #delta: number

  constructor(reduction: Reduction, delta: number) {
    super(reduction)
    this.#delta = delta
  }
  protected measure(kernels: Kernels, args: RowForward): void {
    kernels.huberForward({ ...args, delta: this.#delta })
  }
  protected derive(kernels: Kernels, args: RowBackward): void {
    kernels.huberBackward({ ...args, delta: this.#delta })
  }
}
