// Recall: how many of the samples of a class are taken for it.

import { type Average, type Averaged, type ClassMetricOptions, classMetric } from './class-metric.js'
import type { Metric } from './metric.js'

/**
 * Share of the samples of a class that are taken for it; 0 where there are none. Averages and samples left out as in
 * `precision`.
 */
export function recall<A extends Average = 'macro', Name extends string = 'recall'>(
  options: ClassMetricOptions<A, Name> = {},
): Metric<Averaged<A>, Name> {
  return classMetric('recall', options, ({ correct, actual }) => correct / actual)
}
