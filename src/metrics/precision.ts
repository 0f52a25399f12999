// Precision: how many of the samples taken for a class are of it.

import { type Average, type Averaged, type ClassMetricOptions, classMetric } from './class-metric.js'
import type { Metric } from './metric.js'

/**
 * Share of the samples taken for a class that are of it; 0 where none was. By default the mean over the classes that
 * occur, as in scikit-learn; `average: 'none'` gives a list with one figure for each class, 'binary' that of class 1 of
 * two. Samples with the loss's `ignoreIndex` are left out.
 */
export function precision<A extends Average = 'macro', Name extends string = 'precision'>(
  options: ClassMetricOptions<A, Name> = {},
): Metric<Averaged<A>, Name> {
  return classMetric('precision', options, ({ correct, predicted }) => correct / predicted)
}
