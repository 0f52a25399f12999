// Metrics of classes: which losses have any, the class that each sample is of, and the one that it was taken for.

import { netwrightError } from '../errors.js'
import { sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import type { MeasuredBatch, Measurement, Task } from './metric.js'

/** Whether one output answers a yes-or-no question: classes 0 and 1. */
export const isYesOrNo = ({ loss, output }: Pick<Task, 'loss' | 'output'>): boolean =>
  loss.yesAbove !== undefined && sizeOf(output) === 1

/** How many classes there are. */
export const classCount = (task: Task): number => (isYesOrNo(task) ? 2 : (task.output[0] as number))

/** Throws ERR_ARGUMENT for a loss that knows no classes, ERR_SHAPE for several yes-or-no questions at once. */
export function requireClasses(where: string, task: Task): void {
  const { loss, output } = task
  if (loss.classifies || isYesOrNo(task)) return
  const needed =
    'expected a loss on classes such as crossEntropy(), or binaryCrossEntropy() for a model with one output'
  if (loss.yesAbove === undefined) {
    throw netwrightError('ERR_ARGUMENT', `${where}: counts classes, but ${loss.name} knows none; ${needed}`)
  }
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: the model has ${sizeOf(output)} outputs, each a yes-or-no question for ${loss.name}; ${needed}`,
    'RangeError',
  )
}

/** 1 for yes, 0 for no. */
function yesOrNo({ kernels, rows }: MeasuredBatch, x: Tensor, threshold: number): Tensor {
  const y = kernels.empty([rows], 'int32')
  kernels.isAbove({ y, x, n: rows, threshold })
  return y
}

function argMax({ kernels, rows, task }: MeasuredBatch, x: Tensor): Tensor {
  const y = kernels.empty([rows], 'int32')
  kernels.argMax({ y, x, rows, cols: classCount(task) })
  return y
}

/** The labels of a batch (rows); those of dense targets are the column of the largest. */
export function labelsOf(batch: MeasuredBatch): Tensor {
  const { task, target } = batch
  if (task.targets === 'labels') return target
  return isYesOrNo(task) ? yesOrNo(batch, target, task.loss.yesAbove as number) : argMax(batch, target)
}

/** The label of each sample. */
export const labels: Measurement = { element: 'int32', width: () => 1, compute: labelsOf }

/** The class that the model takes each sample for: the arg-max, or whether a single output is above 0. */
export const predictedClasses: Measurement = {
  element: 'int32',
  width: () => 1,
  compute: (batch) => (isYesOrNo(batch.task) ? yesOrNo(batch, batch.prediction, 0) : argMax(batch, batch.prediction)),
}
