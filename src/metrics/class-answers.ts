// What outputs and targets say of classes, sample by sample and in plain JavaScript: for pages that show samples. Metrics,
// which count whole passes, have kernels for it (classes.ts).

import type { Dataset } from '../data/dataset.js'
import type { Loss } from '../losses/loss.js'
import { isYesOrNo } from './classes.js'

/** Whether an output of `width` numbers says which class a sample is of. */
export const answersClasses = (loss: Loss, width: number): boolean =>
  loss.classifies || isYesOrNo({ loss, output: [width] })

/** Whether `classShares` are probabilities: hinge tells classes apart, but has none. */
export const hasProbabilities = ({ classifies, takesLogits }: Loss): boolean => classifies || takesLogits

/** What speaks for each class: shares of 1, the greatest for the class that the sample is taken for. */
export function classShares(output: ArrayLike<number>, loss: Loss): readonly number[] {
  if (isYesOrNo({ loss, output: [output.length] })) {
    const yes = 1 / (1 + Math.exp(-(output[0] as number)))
    return [1 - yes, yes]
  }
  const numbers = Array.from(output)
  if (!loss.takesLogits && numbers.every((value) => value >= 0)) return numbers
  // The softmax of logits; and of logarithms of probabilities, which are logits as well.
  const greatest = Math.max(...numbers)
  const powers = numbers.map((value) => Math.exp(value - greatest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/** The class of a sample: its label, the greatest of its row, or whether its one number is a yes. */
export function classOf({ y, targets }: Dataset, sample: number, { yesAbove }: Loss): number {
  const target = y.slice(sample, sample + 1)
  if (targets === 'labels') return target.item()
  return yesAbove !== undefined && target.size === 1 ? Number(target.item() > yesAbove) : target.argMax()
}
