// Top-k accuracy: the share of samples whose label is among the k largest scores.

import { checkOptions, counted, netwrightError, requireWhole } from '../errors.js'
import { classCount, labelsOf, requireClasses } from './classes.js'
import type { Measurement, Metric, MetricOptions } from './metric.js'
import { metricName } from './metric-name.js'

/** How many classes have a larger score than the label; -1 for a sample that does not count. */
const ranks: Measurement = {
  element: 'int32',
  width: () => 1,
  compute: (batch) => {
    const { kernels, rows, task, prediction: scores } = batch
    const y = kernels.empty([rows], 'int32')
    const { ignoreIndex: ignore } = task.loss
    kernels.labelRanks({ ranks: y, scores, labels: labelsOf(batch), rows, classes: classCount(task), ignore })
    return y
  },
}

/**
 * Share of samples whose label is among the `k` classes with the largest scores; of equal scores the lower class comes
 * first, so that topK(1) is the accuracy. Its name is `top5` for k = 5. Samples with the loss's `ignoreIndex` are left
 * out; NaN where none is left. Needs an output for each class, and at least `k` of them (ERR_SHAPE).
 */
export function topK<K extends number, Name extends string = `top${K}`>(
  k: K,
  options: MetricOptions<Name> = {},
): Metric<number, Name> {
  requireWhole('topK: k', k)
  checkOptions('topK', options, ['name'])
  return {
    name: metricName('topK', options, `top${k}`),
    measurements: [ranks],
    check: (task) => {
      requireClasses('topK', task)
      const outputs = task.output[0] as number
      if (outputs >= k && task.loss.classifies) return
      const problem = `topK: the model has ${counted(outputs, 'output')}`
      throw netwrightError('ERR_SHAPE', `${problem}, expected one for each class, and at least ${k}`, 'RangeError')
    },
    value: ({ of }) => {
      let [counted, correct] = [0, 0]
      for (const rank of of(ranks)) {
        if (rank < 0) continue
        counted++
        if (rank < k) correct++
      }
      return correct / counted
    },
  }
}
