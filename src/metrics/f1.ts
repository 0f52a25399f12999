// F1: the harmonic mean of precision and recall.

import { type Average, type Averaged, type ClassMetricOptions, classMetric } from './class-metric.js'
import type { Metric } from './metric.js'

/**
 * The harmonic mean of a class's precision and recall: 2 · correct / (actual + predicted). Averages and samples left out
 * as in `precision`; the macro average is that of the classes' F1.
 */
export function f1<A extends Average = 'macro', Name extends string = 'f1'>(
  options: ClassMetricOptions<A, Name> = {},
): Metric<Averaged<A>, Name> {
  return classMetric('f1', options, ({ correct, actual, predicted }) => (2 * correct) / (actual + predicted))
}
