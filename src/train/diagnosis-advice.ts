// What may have made a number of a training step NaN or infinite, in words.

import type { Graph } from '../model/graph.js'
import type { Tensor } from '../tensor/tensor.js'
import { inputScale, isUnscaled, scaleText } from './input-scale.js'
import { shortNumber } from './short-number.js'

/** What kind of number it was; `largest`: the largest magnitude that it was computed from. */
export type Suspicion =
  | { readonly kind: 'data' | 'parameter' | 'gradient' }
  | { readonly kind: 'output' | 'loss'; readonly largest: number }

/** What is known of the step. */
export interface Circumstances {
  /** The batch. */
  readonly inputs: readonly Tensor[]
  readonly graph: Graph
  readonly lastLosses: readonly number[]
}

/** Trained weights are around 1 and below; so large ones come from steps that were too large. */
const largeWeight = 1e3
/** Products of such numbers soon leave the range of float32, 3e38. */
const largeNumber = 1e10

/** The largest magnitude of all numbers of `tensors`. */
export function largestOf(tensors: readonly Tensor[]): number {
  let largest = 0
  for (const { data } of tensors) for (const value of data) largest = Math.max(largest, Math.abs(value))
  return largest
}

/** Sentences for a person, the likeliest cause first. */
export function adviceOn(suspicion: Suspicion, circumstances: Circumstances): string {
  if (suspicion.kind === 'data') {
    return 'A data set is checked when it is made, so its memory was written since: put the sample right.'
  }
  const causes = [...unscaledInputs(circumstances), ...largeSteps(suspicion, circumstances)]
  return causes.length === 0 ? ownCause(suspicion) : causes.join(' ')
}

function unscaledInputs({ inputs }: Circumstances): readonly string[] {
  return inputs
    .map(({ data }) => inputScale(data))
    .flatMap((scale, i) => {
      const name = inputs.length === 1 ? 'The inputs' : `The inputs ${i}`
      return isUnscaled(scale) ? [`${name} are not scaled to about -1 … 1: ${scaleText(scale)}.`] : []
    })
}

function largeSteps({ kind }: Suspicion, { graph, lastLosses }: Circumstances): readonly string[] {
  const remedy = 'the learning rate is too high; try a tenth of it, or clip the gradients.'
  if (kind === 'parameter') return [`The step before made it overflow: ${remedy}`]
  const rose = (lastLosses.at(-1) ?? 0) > 2 * Math.min(...lastLosses)
  const weights = graph.places.map(({ node, path }) => ({
    path,
    largest: largestOf(node.layer.parameters.map(({ value }) => value)),
  }))
  const { path, largest } = weights.reduce((a, b) => (b.largest > a.largest ? b : a))
  const large = largest > largeWeight ? `Weights of ${path} reach ${shortNumber(largest)}` : undefined
  if (large !== undefined && lastLosses.length === 0) return [`${large}: begin with smaller ones.`]
  if (large === undefined && !rose) return []
  return [`${[...(large === undefined ? [] : [large]), ...(rose ? ['The losses rose'] : [])].join('. ')}: ${remedy}`]
}

/** Where neither data nor weights explain it. */
function ownCause(suspicion: Suspicion): string {
  if (suspicion.kind === 'gradient') {
    return 'The forward pass is finite: look for a derivative that divides by 0, such as that of a root or logarithm at 0.'
  }
  const largest = 'largest' in suspicion ? suspicion.largest : 0
  if (largest > largeNumber) {
    return `It is computed from numbers up to ${shortNumber(largest)}: smaller initial weights or BatchNorm keep them small.`
  }
  const place = suspicion.kind === 'loss' ? 'the loss' : 'the layer'
  return (
    `It is computed from finite numbers, up to ${shortNumber(largest)}: look in ${place} for a division by 0, the ` +
    'logarithm of 0 or the root of a negative number.'
  )
}
