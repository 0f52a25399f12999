// The book's loss functions of chapter 4: one number for a sample or a batch, without gradients (layers/ has those).

import { netwrightError } from '../errors.js'
import { eagerKernels } from '../kernels/default-backend.js'
import { naturalLog } from '../random/logarithm.js'
import type { TensorLike } from '../tensor/create.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { dtypeOf, requireShape, toFloat } from './array.js'
import { toTargets } from './targets.js'

/** What the book adds to a probability, so that ln 0 is no -Infinity. */
const delta = 1e-7

/**
 * ½ Σ (y - t)² for one sample (C); for a batch (N, C) the mean of that over the samples (row 21; the notes' code sums
 * over the batch as well). The layer is `IdentityWithLoss`.
 */
export function meanSquaredError(y: TensorLike, t: TensorLike): number {
  const real = dtypeOf(y, t)
  const [prediction, target] = [toReal(y, real), toReal(t, real)]
  requireShape('meanSquaredError: t', target.shape, prediction.shape)
  return halfSquaredError(prediction, target)
}

/** ½ Σ (y - t)² / N, N being 1 for one sample (C). */
export function halfSquaredError(y: Tensor, t: Tensor): number {
  const rows = y.rank < 2 ? 1 : (y.shape[0] as number)
  requireSamples('meanSquaredError', rows)
  const kernels = eagerKernels(y.element as 'float32' | 'float64')
  const [losses, mean] = [kernels.empty([rows]), kernels.empty([1])]
  kernels.squaredErrorForward({ losses, prediction: y, target: t, rows, cols: y.size / rows, scale: 0.5 })
  kernels.sum({ sums: mean, x: losses, n: rows, divisor: rows })
  return mean.item()
}

/**
 * -Σ t · ln(y + 1e-7) / N of probabilities y, (N, C) or one sample (C) (rows 22 to 25). Targets: class labels or
 * one-hot rows, told apart by rank; the book's test of sizes fails for C = 1. Adds up in double precision.
 * Throws ERR_SHAPE or ERR_LABEL for targets that do not fit.
 */
export function crossEntropyError(y: TensorLike, t: TensorLike): number {
  const probabilities = toFloat(y)
  if (probabilities.rank !== 1 && probabilities.rank !== 2) {
    throw netwrightError(
      'ERR_SHAPE',
      `crossEntropyError: y has shape ${shapeText(probabilities.shape)}, expected (N, C), or (C,) for one sample`,
      'RangeError',
    )
  }
  const classes = probabilities.shape.at(-1) as number
  const rows = probabilities.rank === 1 ? 1 : (probabilities.shape[0] as number)
  requireSamples('crossEntropyError', rows)
  const targets = toTargets('crossEntropyError', t, probabilities.shape, 'float64')
  const { data } = probabilities
  const logOf = (i: number): number => logarithm((data[i] as number) + delta)
  let total = 0
  if ('labels' in targets) {
    targets.labels.data.forEach((label: number, row: number) => {
      total -= logOf(row * classes + label)
    })
  } else {
    targets.rows.data.forEach((weight: number, i: number) => {
      if (weight !== 0) total -= weight * logOf(i)
    })
  }
  return total / rows
}

/** ln x for any x: naturalLog, which gives the same bits everywhere, takes ordinary numbers only. */
function logarithm(x: number): number {
  return x >= delta && x < Infinity ? naturalLog(x) : Math.log(x)
}

function requireSamples(where: string, rows: number): void {
  if (rows > 0) return
  throw netwrightError('ERR_DATA', `${where}: the batch is empty`, 'RangeError')
}
