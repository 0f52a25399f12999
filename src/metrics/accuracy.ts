// Accuracy: the share of samples that were taken for what they are.

import { checkOptions } from '../errors.js'
import { labels, predictedClasses, requireClasses } from './classes.js'
import type { Metric, MetricOptions } from './metric.js'
import { metricName } from './metric-name.js'

/**
 * Share of samples whose class is predicted: the arg-max, or, for one output and binaryCrossEntropy or hinge, whether it
 * is above 0. Samples with the loss's `ignoreIndex` are left out; NaN where none is left.
 */
export function accuracy<Name extends string = 'accuracy'>(options: MetricOptions<Name> = {}): Metric<number, Name> {
  checkOptions('accuracy', options, ['name'])
  return {
    name: metricName('accuracy', options),
    measurements: [labels, predictedClasses],
    check: (task) => requireClasses('accuracy', task),
    value: ({ task, of }) => {
      const [wanted, predicted] = [of(labels), of(predictedClasses)]
      let [counted, correct] = [0, 0]
      for (let i = 0; i < wanted.length; i++) {
        if (wanted[i] === task.loss.ignoreIndex) continue
        counted++
        if (wanted[i] === predicted[i]) correct++
      }
      return correct / counted
    },
  }
}
