// A model's output for one sample, as it is shown: probabilities of classes, or values.

import type { Loss } from '../losses/loss.js'
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
  if (!loss.classifies || output.length === 0) return { kind: 'values', text: numbersText(output) }
  const probabilities = output.length === 1 ? yesOrNo(output[0] as number, loss) : shares(Array.from(output), loss)
  const classes = probabilities.map((probability, label) => ({ name: className(names, label), probability }))
  return { kind: 'classes', classes }
}

function yesOrNo(output: number, { takesLogits }: Loss): readonly number[] {
  const yes = takesLogits ? 1 / (1 + Math.exp(-output)) : output
  return [1 - yes, yes]
}

/** Of logits the softmax, which logarithms of probabilities are as well; probabilities stay. */
function shares(output: readonly number[], { takesLogits }: Loss): readonly number[] {
  if (!takesLogits && output.every((value) => value >= 0)) return output
  const largest = Math.max(...output)
  const powers = output.map((value) => Math.exp(value - largest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
