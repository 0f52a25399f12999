// AUC: the area under the receiver operating characteristic, by ranks.

import { checkOptions, netwrightError } from '../errors.js'
import type { TensorData } from '../tensor/tensor.js'
import { classCount, isYesOrNo, labels, requireClasses } from './classes.js'
import type { Measurement, Metric, MetricOptions, Task } from './metric.js'
import { metricName } from './metric-name.js'

const outputs = (task: Task): number => (isYesOrNo(task) ? 1 : classCount(task))

/** The output, or those of both classes. */
const scores: Measurement = { element: 'real', width: outputs, compute: ({ prediction }) => prediction }

/**
 * Area under the ROC curve: the share of pairs of a sample of class 1 and one of class 0 in which the first has the larger
 * score, pairs with equal scores counted half (Mann and Whitney). For two classes: one output, or an output for each,
 * whose difference is the score. NaN where a class has no sample or a score is NaN. Samples with the loss's `ignoreIndex`
 * are left out. The scores of the whole pass are sorted on the event loop's thread: some 10 ms for 100,000 samples.
 */
export function auc<Name extends string = 'auc'>(options: MetricOptions<Name> = {}): Metric<number, Name> {
  checkOptions('auc', options, ['name'])
  return {
    name: metricName('auc', options),
    measurements: [labels, scores],
    check: (task) => {
      requireClasses('auc', task)
      if (classCount(task) === 2) return
      const problem = `auc: the model has ${classCount(task)} outputs, expected one or two: AUC compares two classes`
      throw netwrightError('ERR_SHAPE', problem, 'RangeError')
    },
    value: ({ task, of }) => {
      const [wanted, given] = [of(labels), of(scores)]
      const score = outputs(task) === 1 ? (i: number) => given[i] as number : differenceIn(given)
      const [negatives, positives] = [0, 1].map((label) =>
        scoresOf(label === task.loss.ignoreIndex ? undefined : label, wanted, score),
      ) as [Float64Array, Float64Array]
      return shareOfOrderedPairs(negatives, positives)
    },
  }
}

/** In float64, so that the difference rounds no two scores to one. */
const differenceIn =
  (pairs: TensorData) =>
  (i: number): number =>
    (pairs[2 * i + 1] as number) - (pairs[2 * i] as number)

/** The scores of the samples with this label, in ascending order, NaN last. */
function scoresOf(label: number | undefined, wanted: TensorData, score: (i: number) => number): Float64Array {
  const found = new Float64Array(wanted.length)
  let count = 0
  for (let i = 0; i < wanted.length; i++) if (wanted[i] === label) found[count++] = score(i)
  return found.subarray(0, count).sort()
}

function shareOfOrderedPairs(negatives: Float64Array, positives: Float64Array): number {
  if (Number.isNaN(negatives.at(-1)) || Number.isNaN(positives.at(-1))) return Number.NaN
  let [below, upTo, pairs] = [0, 0, 0]
  for (const score of positives) {
    while ((negatives[below] as number) < score) below++
    while ((negatives[upTo] as number) <= score) upTo++
    pairs += (below + upTo) / 2
  }
  return pairs / (negatives.length * positives.length)
}
