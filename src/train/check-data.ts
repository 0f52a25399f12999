// Do a data set, a model and a loss fit together? Asked once, before training, with the answer in the user's terms.

import type { Dataset } from '../data/dataset.js'
import { netwrightError } from '../errors.js'
import type { Loss } from '../losses/loss.js'
import type { Network, Sealed } from '../model/network.js'
import type { DataSpec } from '../model/step.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** What a recorded step needs to know of a data set. */
export function dataSpec(dataset: Dataset): DataSpec {
  return {
    sampleShape: dataset.sampleShape,
    element: dataset.x.element,
    scale: dataset.x.scale,
    targets: dataset.targets,
    targetShape: dataset.y.shape.slice(1),
  }
}

/**
 * The model sealed for `dataset`, after checkTargets: data that do not fit must not fix the shapes of a model that
 * infers them.
 */
export function sealFor(network: Network, dataset: Dataset, loss: Loss): Sealed {
  const shapes = [dataset.sampleShape]
  checkTargets(dataset, network.graphFor(shapes).output.shape, loss)
  return network.seal(shapes)
}

/** Throws ERR_SHAPE where output and targets do not fit, ERR_LABEL for a label that the output has no place for. */
function checkTargets(dataset: Dataset, output: Shape, loss: Loss): void {
  loss.checkShapes(output, dataset.targets, dataset.y.shape.slice(1))
  const classes = output[0] as number
  if (dataset.targets === 'dense' && loss.classifies) checkProbabilities(dataset.y)
  if (dataset.targets !== 'labels' || dataset.classes <= classes) return
  const sample = dataset.y.data.findIndex((label) => label >= classes)
  throw netwrightError(
    'ERR_LABEL',
    `Label ${dataset.y.data[sample]} of sample ${sample}: the model has ${classes} outputs, ` +
      `so labels must be whole numbers from 0 to ${classes - 1}`,
    'RangeError',
  )
}

/** One-hot rows and soft targets: from 0, with a sum of 1. */
function checkProbabilities({ data, shape }: Tensor): void {
  const [rows, cols] = shape as [number, number]
  for (let row = 0; row < rows; row++) {
    let [sum, least] = [0, 0]
    for (let col = 0; col < cols; col++) {
      const value = data[row * cols + col] as number
      sum += value
      least = Math.min(least, value)
    }
    if (least >= 0 && Math.abs(sum - 1) <= 1e-3) continue
    throw netwrightError(
      'ERR_DATA',
      `The target row of sample ${row} has a sum of ${sum}${least < 0 ? ` and a value of ${least}` : ''}: ` +
        'expected probabilities, from 0 and with a sum of 1 (one-hot rows are)',
      'RangeError',
    )
  }
}
