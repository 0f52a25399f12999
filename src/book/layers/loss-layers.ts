// The layers at the end of a network: output function and loss in one, because their joint gradient is simply y - t.

import { netwrightError } from '../../errors.js'
import type { TensorLike } from '../../tensor/create.js'
import { shapeText } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import { type Dtype, dtypeOf, kept, kernelsOf, requireShape, toFloat } from '../array.js'
import { halfSquaredError } from '../losses.js'
import { type Targets, toTargets } from '../targets.js'

/**
 * Softmax and cross-entropy (rows 26 and 27; chapter 5.6.3). x: (N, C), or one sample (C). Targets: class labels or
 * rows (one-hot, probabilities), told apart by rank. The loss is the mean over the samples.
 *
 * It computes -ln softmax(x) from x, which cannot overflow, so that the book's 1e-7 is not needed; and backward
 * multiplies by `dout` and divides by the number of samples, 1 for a single one, where the notes' code does neither.
 */
export class SoftmaxWithLoss {
  readonly params = []
  readonly grads = []
  #kept: { readonly y: Tensor; readonly targets: Targets; readonly loss: number } | undefined

  /** The last loss. Throws ERR_STATE before a forward(). */
  get loss(): number {
    return kept('SoftmaxWithLoss', this.#kept).loss
  }
  /** The last softmax(x). Throws ERR_STATE before a forward(). */
  get y(): Tensor {
    return kept('SoftmaxWithLoss', this.#kept).y
  }

  forward(x: TensorLike, t: TensorLike): number {
    const logits = toFloat(x)
    const [rows, classes] = sampleSizes('SoftmaxWithLoss', logits)
    const targets = toTargets('SoftmaxWithLoss.forward', t, logits.shape, logits.element as Dtype)
    const kernels = kernelsOf(logits)
    const y = kernels.empty(logits.shape)
    const losses = kernels.empty([rows])
    const common = { losses, probabilities: y, logits, rows, classes }
    if ('labels' in targets) kernels.softmaxCrossEntropyForward({ ...common, labels: targets.labels })
    else kernels.softmaxCrossEntropyDenseForward({ ...common, targets: targets.rows })
    const mean = kernels.empty([1])
    kernels.sum({ sums: mean, x: losses, n: rows, divisor: rows })
    this.#kept = { y, targets, loss: mean.item() }
    return this.#kept.loss
  }

  /** dout · (y - t) / N, shaped like x; for labels t is their one-hot rows. */
  backward(dout = 1): Tensor {
    const { y, targets } = kept('SoftmaxWithLoss', this.#kept)
    const [rows, classes] = sampleSizes('SoftmaxWithLoss', y)
    const kernels = kernelsOf(y)
    const dlosses = kernels.empty([rows])
    kernels.fill({ y: dlosses, n: rows, value: dout, divisor: rows })
    const dlogits = kernels.empty(y.shape)
    const common = { dlogits, dlosses, probabilities: y, rows, classes }
    if ('labels' in targets) kernels.softmaxCrossEntropyBackward({ ...common, labels: targets.labels })
    else kernels.softmaxCrossEntropyDenseBackward({ ...common, targets: targets.rows })
    return dlogits
  }
}

/**
 * Identity and squared error, for regression (row 28; chapter 5.6.3's remark): ½ Σ (x - t)², the mean over the samples
 * of a batch (N, C); t is shaped like x.
 */
export class IdentityWithLoss {
  readonly params = []
  readonly grads = []
  #kept: { readonly y: Tensor; readonly t: Tensor; readonly loss: number } | undefined

  /** The last loss. Throws ERR_STATE before a forward(). */
  get loss(): number {
    return kept('IdentityWithLoss', this.#kept).loss
  }

  forward(x: TensorLike, t: TensorLike): number {
    const real = dtypeOf(x, t)
    const [y, target] = [toReal(x, real), toReal(t, real)]
    sampleSizes('IdentityWithLoss', y)
    requireShape('IdentityWithLoss.forward: t', target.shape, y.shape)
    this.#kept = { y, t: target, loss: halfSquaredError(y, target) }
    return this.#kept.loss
  }

  /** dout · (x - t) / N. */
  backward(dout = 1): Tensor {
    const { y, t } = kept('IdentityWithLoss', this.#kept)
    const [rows, cols] = sampleSizes('IdentityWithLoss', y)
    const kernels = kernelsOf(y)
    const dlosses = kernels.empty([rows])
    kernels.fill({ y: dlosses, n: rows, value: dout, divisor: rows })
    const dprediction = kernels.empty(y.shape)
    kernels.squaredErrorBackward({ dprediction, dlosses, prediction: y, target: t, rows, cols, scale: 0.5 })
    return dprediction
  }
}

/** [N, C] of (N, C), or of one sample (C). */
function sampleSizes(where: string, x: Tensor): readonly [rows: number, cols: number] {
  const [rows, cols] = x.rank === 1 ? [1, x.size] : x.shape
  if ((x.rank === 1 || x.rank === 2) && rows !== 0) return [rows as number, cols as number]
  throw netwrightError(
    'ERR_SHAPE',
    `${where}.forward: x has shape ${shapeText(x.shape)}, expected (N, C) with N above 0, or (C,) for one sample`,
    'RangeError',
  )
}
