// The share of samples that a network classifies correctly.

import { netwrightError, requireWhole } from '../../errors.js'
import { type TensorLike, tensor } from '../../tensor/create.js'
import { shapeText } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { kernelsOf } from '../array.js'
import { toLabels, toTargets } from '../targets.js'

/**
 * How many of x (N, …) `predict` gives the largest score to the class of t, labels (N) or rows (N, C), divided by N
 * (rows 52 and 57). Predicts `batchSize` samples at a time, so that a large x needs no more memory.
 */
export function accuracyOf(predict: (x: Tensor) => Tensor, x: TensorLike, t: TensorLike, batchSize: number): number {
  requireWhole('accuracy: batchSize', batchSize)
  const [samples, targets] = [x, t].map((value) =>
    value instanceof Tensor ? value : tensor(value, undefined, { element: 'float64' }),
  ) as [Tensor, Tensor]
  const [length] = samples.shape
  if (length === undefined || length === 0 || targets.shape[0] !== length) {
    throw netwrightError(
      'ERR_SHAPE',
      `accuracy: x has shape ${shapeText(samples.shape)} and t ${shapeText(targets.shape)}, expected as many samples, ` +
        'at least one',
      'RangeError',
    )
  }
  let correct = 0
  for (let start = 0; start < length; start += batchSize) {
    const scores = predict(samples.slice(start, start + batchSize))
    const part = targets.slice(start, start + batchSize)
    const labels = toLabels(toTargets('accuracy', part, scores.shape, 'float64', start))
    const kernels = kernelsOf(scores)
    const counts = kernels.empty([1])
    const [rows, classes] = scores.shape as readonly [number, number]
    kernels.countCorrect({ counts, scores, labels, rows, classes })
    correct += counts.item()
  }
  return correct / length
}
