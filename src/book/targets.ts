// Targets: class labels and one-hot rows, told apart by rank, never by size.

import { netwrightError } from '../errors.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { argMaxRows, type Dtype } from './array.js'

/** A batch's targets: `labels` (N) int32, or `rows` (N, C). */
export type Targets = { readonly labels: Tensor } | { readonly rows: Tensor }

/**
 * The targets `t` of predictions of shape (N, C), or (C) for one sample. `t` with as many axes as the prediction holds
 * rows of its shape; with one axis less, class labels. So one sample takes a number or a row (C), and a batch with
 * C = 1 is not ambiguous. `firstSample` is the number of the first one, for messages. Throws ERR_SHAPE for anything else, ERR_LABEL, naming the sample, for a label that is no
 * whole number from 0 below C.
 */
export function toTargets(where: string, t: TensorLike, prediction: Shape, real: Dtype, firstSample = 0): Targets {
  const given = t instanceof Tensor ? t : tensor(t, undefined, { element: 'float64' })
  const classes = prediction.at(-1) as number
  if (sameShape(given.shape, prediction)) return { rows: toReal(given, real).reshape(-1, classes) }
  if (!sameShape(given.shape, prediction.slice(0, -1))) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: t has shape ${shapeText(given.shape)}, expected labels ${shapeText(prediction.slice(0, -1))} or ` +
        `rows ${shapeText(prediction)}, as the prediction has shape ${shapeText(prediction)}`,
      'RangeError',
    )
  }
  given.data.forEach((label: number, i: number) => {
    if (Number.isInteger(label) && label >= 0 && label < classes) return
    throw netwrightError(
      'ERR_LABEL',
      `${where}: label of sample ${firstSample + i} is ${label}, expected an integer from 0 below ${classes}`,
      'RangeError',
    )
  })
  const labels = given.element === 'int32' ? given : new Tensor(Int32Array.from(given.data), given.shape)
  return { labels: labels.reshape(-1) }
}

/** The class of each sample, from labels as they are and from rows as their arg-max. */
export function toLabels(targets: Targets): Tensor {
  return 'labels' in targets ? targets.labels : argMaxRows(targets.rows)
}
