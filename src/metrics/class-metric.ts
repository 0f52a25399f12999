// What precision, recall and F1 share: counts of each class, and how a figure per class becomes one.

import { checkOptions, describe, netwrightError } from '../errors.js'
import { classCount, labels, predictedClasses, requireClasses } from './classes.js'
import type { Measured, Metric, MetricOptions, MetricValue } from './metric.js'
import { metricName } from './metric-name.js'

const averages = ['macro', 'binary', 'none'] as const
/**
 * `'macro'`: the mean over the classes that occur, as labels or as predictions. `'binary'`: the figure of class 1 of two.
 * `'none'`: a list with the figure of each class.
 */
export type Average = (typeof averages)[number]

/** Options of precision, recall and f1. */
export interface ClassMetricOptions<A extends Average = Average, Name extends string = string>
  extends MetricOptions<Name> {
  /** Default 'macro'. */
  readonly average?: A
}

/** What a metric with average `A` answers. */
export type Averaged<A extends Average> = A extends 'none' ? readonly number[] : number

/** Samples of a class, samples taken for it, and those that are both. */
export interface ClassCounts {
  readonly actual: number
  readonly predicted: number
  readonly correct: number
}

/** A metric that has a figure for each class; a figure that is 0 / 0 counts as 0. */
export function classMetric<A extends Average, Name extends string>(
  where: string,
  options: ClassMetricOptions<A, Name>,
  figure: (counts: ClassCounts) => number,
): Metric<Averaged<A>, Name> {
  checkOptions(where, options, ['average', 'name'])
  const average: Average = options.average ?? 'macro'
  if (!averages.includes(average)) {
    const problem = `${where}: average is ${describe(average)}, expected 'macro', 'binary' or 'none'`
    throw netwrightError('ERR_ARGUMENT', problem, 'TypeError')
  }
  return {
    name: metricName(where, options),
    measurements: [labels, predictedClasses],
    check: (task) => {
      requireClasses(where, task)
      const classes = classCount(task)
      if (average !== 'binary' || classes === 2) return
      const problem = `${where}: average 'binary' is for two classes, the model has ${classes}`
      throw netwrightError('ERR_SHAPE', `${problem}; expected 'macro' or 'none'`, 'RangeError')
    },
    value: (measured) => {
      const counts = countClasses(measured)
      const figures = counts.map(figure).map((value) => (Number.isNaN(value) ? 0 : value))
      const value: MetricValue =
        average === 'none' ? figures : average === 'binary' ? (figures[1] as number) : macro(counts, figures)
      return value as Averaged<A>
    },
  }
}

/** NaN where no class occurs. */
function macro(counts: readonly ClassCounts[], figures: readonly number[]): number {
  const occurring = figures.filter((_, i) => {
    const { actual, predicted } = counts[i] as ClassCounts
    return actual + predicted > 0
  })
  return occurring.reduce((sum, value) => sum + value, 0) / occurring.length
}

function countClasses({ task, of }: Measured): readonly ClassCounts[] {
  const classes = classCount(task)
  const [wanted, predicted] = [of(labels), of(predictedClasses)]
  const counts = Array.from({ length: classes }, () => ({ actual: 0, predicted: 0, correct: 0 }))
  type Counts = (typeof counts)[number]
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === task.loss.ignoreIndex) continue
    const own = counts[wanted[i] as number] as Counts
    const other = counts[predicted[i] as number] as Counts
    own.actual++
    other.predicted++
    if (own === other) own.correct++
  }
  return counts
}
