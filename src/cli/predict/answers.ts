// What a model's outputs mean: classes with their probabilities, or numbers.

import { sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import type { OpenModel } from '../model-source.js'

/** One class, and how probable it is. */
export interface Guess {
  /** Its name, or its number where it has none. */
  readonly class: string
  readonly label: number
  readonly probability: number
}

/** Of one sample: the classes, the most probable first, or the numbers. */
export type Answer = { readonly guesses: readonly Guess[] } | { readonly values: readonly number[] }

export type PredictTask = 'classify' | 'regress'

/**
 * Reads outputs as answers. What a model was trained for does not stand in its file: it classifies where its classes have
 * names or it has several outputs, unless it was trained on a table whose target has no classes. A single output is a
 * number, or, where there are two named classes, what speaks for the second.
 */
export class Answers {
  readonly task: PredictTask
  /** Numbers of an answer that is one. */
  readonly size: number
  readonly #names: readonly string[] | undefined
  readonly #probabilities: (outputs: Float64Array) => Float64Array

  constructor({ model }: OpenModel, task: PredictTask | undefined) {
    const { output } = model.requireSealed().graph
    const { source, classNames } = model.preprocessing ?? {}
    this.size = sizeOf(output.shape)
    const hasNumbers = source?.kind === 'table' && source.target !== undefined && classNames === undefined
    const hasClasses = classNames !== undefined || (this.size > 1 && !hasNumbers)
    this.task = task ?? (hasClasses ? 'classify' : 'regress')
    this.#names = classNames
    this.#probabilities = probabilitiesFrom(output.node?.layer.kind, this.size)
  }

  /** The answers for a batch; of classes the `top` most probable ones. */
  of(outputs: Tensor, top: number): readonly Answer[] {
    const { size } = this
    const { data } = outputs
    return Array.from({ length: data.length / size }, (_, row): Answer => {
      const values = Float64Array.from(data.subarray(row * size, (row + 1) * size))
      return this.task === 'regress' ? { values: [...values] } : { guesses: this.#guesses(values, top) }
    })
  }

  #guesses(outputs: Float64Array, top: number): readonly Guess[] {
    const probabilities = this.#probabilities(outputs)
    return Array.from(probabilities, (probability, label) => ({ label, probability }))
      .sort((a, b) => b.probability - a.probability || a.label - b.label)
      .slice(0, top)
      .map(({ label, probability }) => ({ class: this.#names?.[label] ?? String(label), label, probability }))
  }
}

/** From what the last layer gives: probabilities, their logarithms, or logits. */
function probabilitiesFrom(kind: string | undefined, size: number): (outputs: Float64Array) => Float64Array {
  if (size === 1) {
    const yes = (output: number): number => (kind === 'Sigmoid' ? output : 1 / (1 + Math.exp(-output)))
    return ([output = 0]) => Float64Array.of(1 - yes(output), yes(output))
  }
  if (kind === 'Softmax' || kind === 'Sigmoid') return (outputs) => outputs
  if (kind === 'LogSoftmax') return (outputs) => outputs.map(Math.exp)
  return softmax
}

function softmax(logits: Float64Array): Float64Array {
  const largest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
