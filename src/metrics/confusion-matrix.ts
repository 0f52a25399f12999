// The confusion matrix: what samples of each class were taken for.

import { checkOptions } from '../errors.js'
import { classCount, labels, predictedClasses, requireClasses } from './classes.js'
import type { Metric, MetricOptions } from './metric.js'
import { metricName } from './metric-name.js'

/**
 * Counts: row i, column j has the samples of class i that were taken for class j, as in scikit-learn. Samples with the
 * loss's `ignoreIndex` are left out.
 */
export function confusionMatrix<Name extends string = 'confusionMatrix'>(
  options: MetricOptions<Name> = {},
): Metric<readonly (readonly number[])[], Name> {
  checkOptions('confusionMatrix', options, ['name'])
  return {
    name: metricName('confusionMatrix', options),
    measurements: [labels, predictedClasses],
    check: (task) => requireClasses('confusionMatrix', task),
    value: ({ task, of }) => {
      const classes = classCount(task)
      const [wanted, predicted] = [of(labels), of(predictedClasses)]
      const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
      for (let i = 0; i < wanted.length; i++) {
        if (wanted[i] === task.loss.ignoreIndex) continue
        const row = counts[wanted[i] as number] as number[]
        row[predicted[i] as number] = (row[predicted[i] as number] as number) + 1
      }
      return counts
    },
  }
}
