// A model's output for one sample, as it is shown: probabilities of classes, or values.

import type { Loss } from '../losses/loss.js'
import { answersClasses, classShares, hasProbabilities } from '../metrics/class-answers.js'
import { printable } from '../report/svg.js'
import type { Prediction } from './messages.js'

/** Numbers of a row that are shown. */
const mostNumbers = 6

/** Names may come from files and folders. */
export const className = (names: readonly string[] | undefined, label: number): string =>
  printable(names?.[label] ?? `${label}`)

export const shortNumber = (value: number): string => `${Number(value.toPrecision(4))}`

/** `1.5, 2, …`. */
export function numbersText(data: ArrayLike<number>): string {
  const numbers = Array.from({ length: Math.min(mostNumbers, data.length) }, (_, i) => shortNumber(data[i] as number))
  return `${numbers.join(', ')}${data.length > mostNumbers ? ', …' : ''}`
}

/** What `output` says, of a model that was trained with `loss`. */
export function predictionOf(output: ArrayLike<number>, loss: Loss, names: readonly string[] | undefined): Prediction {
  if (!answersClasses(loss, output.length) || !hasProbabilities(loss)) {
    return { kind: 'values', text: numbersText(output) }
  }
  const shares = classShares(output, loss)
  const classes = shares.map((probability, label) => ({ name: className(names, label), probability }))
  return { kind: 'classes', classes }
}
