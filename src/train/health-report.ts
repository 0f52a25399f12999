// HealthReport: what measureHealth found, as numbers, as advice and as a table to print.

import { inspectCustom } from '../inspect-custom.js'
import { textTable } from '../text-table.js'
import { type InputScale, isUnscaled, scaleText } from './input-scale.js'
import { shortNumber } from './short-number.js'

/** One use of a layer. Norms are Euclidean, over all parameters of the layer that learn. */
export interface LayerHealth {
  /** Place and kind: `2.Linear`. */
  readonly layer: string
  /** Of the last step's gradients, as the optimizer got them. */
  readonly gradientNorm?: number
  readonly weightNorm?: number
  /** What the last step changed, norm(after - before) / norm(before); undefined where all was 0 before. */
  readonly updateRatio?: number
  /** Whether all units of the layer have the same weights, so that they learn the same. */
  readonly unitsAreCopies?: boolean
  /** Of a ReLU: the share of units (features, or channels of an image) that are 0 for every sample. */
  readonly dead?: number
  /** Of a Sigmoid or Tanh: the share of outputs near an end (below 0.03 or above 0.97; beyond ±0.97). */
  readonly saturated?: number
}

/** What a report is made of. */
export interface HealthFigures {
  /** Samples that went through the model for it. */
  readonly samples: number
  /** For each input of the model. */
  readonly inputs: readonly InputScale[]
  /** In the order of the graph; parameters are counted at a layer's first use. */
  readonly layers: readonly LayerHealth[]
}

/** With fewer samples a unit that is 0 for all of them means little. */
const leastSamples = 8

/** The figures of a training's health, and what they say. */
export class HealthReport implements HealthFigures {
  readonly samples: number
  readonly inputs: readonly InputScale[]
  readonly layers: readonly LayerHealth[]
  /** A line for each thing to look at, naming the layer; empty where all is well. */
  readonly advice: readonly string[]

  constructor(figures: HealthFigures) {
    this.samples = figures.samples
    this.inputs = figures.inputs
    this.layers = figures.layers
    this.advice = [
      ...figures.inputs.flatMap((scale, i) =>
        adviceOnInput(scale, figures.inputs.length === 1 ? 'input' : `input ${i}`),
      ),
      ...figures.layers.flatMap((layer) => adviceOnLayer(layer, figures.samples)),
      ...adviceOnAll(figures.layers),
    ]
  }

  /** A table with a line for each layer that has something to show, the inputs, and the advice. */
  toString(): string {
    const cell = (value: number | undefined): string => (value === undefined ? '' : shortNumber(value))
    const percent = (value: number | undefined): string => (value === undefined ? '' : percentText(value))
    const rows = this.layers
      .filter((layer) => Object.keys(layer).length > 1)
      .map(({ layer, weightNorm, gradientNorm, updateRatio, dead, saturated }) => [
        layer,
        cell(weightNorm),
        cell(gradientNorm),
        cell(updateRatio),
        percent(dead),
        percent(saturated),
      ])
    const inputs = this.inputs.map((scale, i) => `input${this.inputs.length === 1 ? '' : ` ${i}`}: ${scaleText(scale)}`)
    const table = textTable([['layer', 'weights', 'gradient', 'update', 'dead', 'saturated'], ...rows])
    return [...table, ...inputs, ...this.advice.map((line) => `! ${line}`)].join('\n')
  }

  /** console.log prints a report as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  /** Plain values; a number that is not finite becomes null in JSON. */
  toJSON(): HealthFigures & { readonly advice: readonly string[] } {
    const { samples, inputs, layers, advice } = this
    return { samples, inputs, layers, advice }
  }
}

const percentText = (share: number): string => `${shortNumber(100 * share)} %`

function adviceOnInput(scale: InputScale, name: string): readonly string[] {
  if (!isUnscaled(scale)) return []
  const remedy = 'subtract the mean and divide by the standard deviation, or divide bytes by 255'
  return [`${name}: not normalised (${scaleText(scale)}): ${remedy}`]
}

function adviceOnLayer(
  { layer, updateRatio, unitsAreCopies, dead, saturated }: LayerHealth,
  samples: number,
): readonly string[] {
  const advice: string[] = []
  if (unitsAreCopies) {
    advice.push(`${layer}: all its units have the same weights and stay copies: begin with random ones, init: 'he'`)
  }
  if (updateRatio !== undefined && !(updateRatio <= 0.1)) {
    advice.push(`${layer}: a step changes the weights by ${percentText(updateRatio)}: the learning rate is too high`)
  }
  if (dead !== undefined && dead > 0.5 && samples >= leastSamples) {
    advice.push(
      `${layer}: ${percentText(dead)} of the units are 0 for every sample: lower the learning rate, or use LeakyReLU`,
    )
  }
  if (saturated !== undefined && saturated > 0.5) {
    advice.push(
      `${layer}: ${percentText(saturated)} of the outputs are saturated and pass hardly any gradient: smaller initial ` +
        'weights (init: glorotUniform()), scaled inputs, BatchNorm before it, or ReLU instead',
    )
  }
  return advice
}

function adviceOnAll(layers: readonly LayerHealth[]): readonly string[] {
  const advice: string[] = []
  const ratios = layers.flatMap(({ updateRatio }) => (updateRatio === undefined ? [] : [updateRatio]))
  if (ratios.length > 0 && ratios.every((ratio) => ratio < 1e-6)) {
    advice.push('all layers: a step changes the weights by less than 0.0001 %: the learning rate is too low')
  }
  const learning = layers.filter(({ gradientNorm }) => gradientNorm !== undefined)
  const [first, last] = [learning[0], learning.at(-1)]
  if (first === undefined || last === undefined || first === last) return advice
  const [begin, end] = [first.gradientNorm as number, last.gradientNorm as number]
  if (begin < 1e-4 * end) {
    advice.push(
      `${first.layer}: the gradient vanishes on its way from ${last.layer} (${shortNumber(begin)} of ` +
        `${shortNumber(end)}): use ReLU, BatchNorm or init: 'he'`,
    )
  }
  return advice
}
