// How activations are distributed behind each layer, and how large a gradient arrives there, by initial weights.

import type { InitialiserLike } from '../layers/initialisers.js'
import { Layer } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Node } from '../layers/node.js'
import { ReLU } from '../layers/relu.js'
import { Sigmoid } from '../layers/sigmoid.js'
import { Random } from '../random/random.js'
import { histogram } from '../report/histogram.js'
import { lineChart } from '../report/line-chart.js'
import { Sequential } from '../sequential.js'
import { Tensor, type TensorData } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'

const depth = 5
const width = 100

interface Case {
  readonly activation: 'sigmoid' | 'ReLU'
  readonly init: InitialiserLike
  readonly name: string
}

const cases = {
  wide: { activation: 'sigmoid', init: 1, name: 'sigmoid, std 1' },
  narrow: { activation: 'sigmoid', init: 0.01, name: 'sigmoid, std 0.01' },
  xavier: { activation: 'sigmoid', init: 'lecun', name: 'sigmoid, Xavier' },
  narrowReLU: { activation: 'ReLU', init: 0.01, name: 'ReLU, std 0.01' },
  xavierReLU: { activation: 'ReLU', init: 'lecun', name: 'ReLU, Xavier' },
  heReLU: { activation: 'ReLU', init: 'he', name: 'ReLU, He' },
} as const satisfies Readonly<Record<string, Case>>

/** What went through each layer of a case, first layer first. */
interface Measured extends Case {
  readonly activations: readonly TensorData[]
  /** Root mean square of the gradient of each layer's activations. */
  readonly gradients: readonly number[]
}

type Found = Readonly<Record<keyof typeof cases, Measured>>

export const activations: Experiment = {
  name: 'activations',
  title: 'distribution of activations and size of gradients in each of five layers, by initial weights',
  rows: [76, 77, 78, 79],
  takes: '1 s',
  async run(lab) {
    const random = new Random(lab.seed, 'samples')
    const noise = () => {
      const samples = lab.quick ? 200 : 1000
      return new Tensor(
        Float32Array.from({ length: samples * width }, () => random.normal()),
        [samples, width],
      )
    }
    const [x, gradient] = [noise(), noise()]
    const entries = Object.entries(cases).map(([key, one]) => [key, measure(one, x, gradient, lab)])
    const found = Object.fromEntries(entries) as Found
    reportActivations(found, lab)
    reportGradients(found, lab)
    await draw(found, lab)
  },
}

/** Passes on what comes, and keeps it: activations forward, their gradients backward. */
class Tap extends Layer {
  activations: TensorData = new Float32Array()
  gradients: TensorData = new Float32Array()

  compute(_node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    this.activations = x.data
    return [x]
  }

  differentiate(_node: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
    this.gradients = dy.data
    return [dy]
  }
}

/** Passes samples of N(0, 1) forward through the layers and, as if a loss had it, a gradient of N(0, 1) backward. */
function measure(one: Case, x: Tensor, gradient: Tensor, { seed, backend }: Lab): Measured {
  const taps = Array.from({ length: depth }, () => new Tap())
  const layers = taps.flatMap((tap) => [
    new Linear(width, width, { init: one.init, biasInit: 'zeros' }),
    one.activation === 'sigmoid' ? new Sigmoid() : new ReLU(),
    tap,
  ])
  const model = new Sequential(layers, { seed, backend })
  model.forward(x)
  model.backward(gradient)
  return {
    ...one,
    activations: taps.map(({ activations }) => activations),
    gradients: taps.map(({ gradients }) => rootMeanSquare(gradients)),
  }
}

function reportActivations(found: Found, lab: Lab): void {
  lab.print(`Activations of N(0, 1) samples in ${depth} layers of ${width}:\n`)
  const headings = ['weights', 'mean, layer 5', 'std, layer 1', 'std, layer 5', 'near 0 or 1', 'near 0.5', 'slope']
  const rows = Object.values(found).map((one) => {
    const [first, last] = [layer(one, 1), layer(one, depth)]
    const isSigmoid = one.activation === 'sigmoid'
    const shares = isSigmoid ? [digits(share(last, isEnd)), digits(share(last, isMiddle)), digits(meanSlope(last))] : []
    return [one.name, digits(mean(last)), digits(deviation(first)), digits(deviation(last)), ...shares]
  })
  lab.table(headings, rows)
  lab.print('')

  const { wide, narrow, xavier, narrowReLU, xavierReLU, heReLU } = found
  // With std 1, what enters a sigmoid has a deviation near √(100 · mean square) = 6.5: two thirds of it lie beyond ±2.94,
  // where the sigmoid is within 0.05 of an end. With std 0.01 it has 0.05, and nothing is.
  lab.claim('sigmoid, std 1: most activations are within 0.05 of 0 or 1', share(layer(wide, depth), isEnd) > 0.5)
  lab.claim('  so that the mean slope, at most 1/4, is below 1/10', meanSlope(layer(wide, depth)) < 0.1)
  lab.claim('sigmoid, std 0.01: all activations are within 0.1 of 0.5', share(layer(narrow, depth), isMiddle) === 1)
  // Xavier: what enters has the deviation √mean square = 0.5, what leaves a quarter of that; with std 0.01 a tenth as much.
  lab.claim(
    'sigmoid, Xavier: they spread more than 5 times as wide as with std 0.01, and few are near 0 or 1',
    deviation(layer(xavier, depth)) > 5 * deviation(layer(narrow, depth)) && share(layer(xavier, depth), isEnd) < 0.05,
  )
  // A layer of ReLU halves the mean square: of the deviation, four more layers leave 1/4 with Xavier, all with He.
  const kept = (one: Measured) => deviation(layer(one, depth)) / deviation(layer(one, 1))
  lab.claim('ReLU, std 0.01: of the deviation in layer 1, less than 1/1000 is left in layer 5', kept(narrowReLU) < 1e-3)
  lab.claim('ReLU, Xavier: less than half is left', kept(xavierReLU) < 0.5)
  lab.claim('ReLU, He: it stays, between 2/3 and 3/2', kept(heReLU) > 2 / 3 && kept(heReLU) < 3 / 2)
}

function reportGradients(found: Found, lab: Lab): void {
  lab.print('\nGradient (root mean square) that arrives at the activations of each layer, 1 at the last:\n')
  const headings = ['weights', ...found.wide.gradients.map((_, i) => `layer ${i + 1}`)]
  lab.table(
    headings,
    Object.values(found).map(({ name, gradients }) => [name, ...gradients.map(digits)]),
  )
  lab.print('')
  // From layer to layer the gradient is multiplied by √100 · std · slope. Sigmoid: at most 1/4 with Xavier, 0.025 with std
  // 0.01, so (1/4)⁴ = 0.0039 over four layers. ReLU has the slope 1 for one half: √(1/2) with Xavier, 1 with He.
  const arrives = ({ gradients }: Measured) => gradients[0] as number
  lab.claim('sigmoid, Xavier: less than 1/250 of it arrives at layer 1', arrives(found.xavier) < 1 / 250)
  lab.claim('sigmoid, std 0.01: less than 1e-6', arrives(found.narrow) < 1e-6)
  lab.claim('ReLU, He: it stays, between 2/3 and 3/2', arrives(found.heReLU) > 2 / 3 && arrives(found.heReLU) < 3 / 2)
  lab.claim(
    'ReLU eases it: with Xavier, more than 25 times as much arrives as with sigmoid',
    arrives(found.xavierReLU) > 25 * arrives(found.xavier),
  )
  lab.print(
    'With std 1 the gradient does not fade on the whole: weights 10 times as large as Xavier make up for the small\n' +
      'slopes. But it comes through the few units that are not at their ends.',
  )
}

async function draw(found: Found, lab: Lab): Promise<void> {
  const subtitle = `seed ${lab.seed}, ${depth} layers of ${width}, N(0, 1) samples`
  const panelsOf = (activation: Case['activation'], shows: (value: number) => boolean) =>
    Object.values(found).flatMap(({ name, activations, ...one }) =>
      one.activation === activation
        ? activations.map((values, i) => ({ name: `${name}: layer ${i + 1}`, values: values.filter(shows) }))
        : [],
    )
  const sigmoid = await histogram({
    title: 'Activations of sigmoid, by initial weights',
    subtitle,
    panels: panelsOf('sigmoid', () => true),
    range: [0, 1],
    columns: depth,
    xLabel: 'activation',
  })
  await lab.picture('sigmoid', sigmoid)
  const relu = await histogram({
    title: 'Activations of ReLU above 0 (about half of them), by initial weights',
    subtitle,
    panels: panelsOf('ReLU', (value) => value > 0),
    range: [0, 8],
    columns: depth,
    xLabel: 'activation',
  })
  await lab.picture('relu', relu)
  const gradients = await lineChart({
    title: 'Gradients on their way back, by activation and initial weights',
    subtitle,
    series: Object.values(found).map(({ name, gradients }) => ({
      name,
      x: gradients.map((_, i) => i + 1),
      y: gradients,
      markers: true,
    })),
    xLabel: 'layer',
    yLabel: 'root mean square of the gradient',
    yLog: true,
  })
  await lab.picture('gradients', gradients)
}

const layer = ({ activations }: Measured, number: number): TensorData => activations[number - 1] as TensorData
const digits = (value: number): number => Number(value.toPrecision(3))
const isEnd = (value: number): boolean => value < 0.05 || value > 0.95
const isMiddle = (value: number): boolean => Math.abs(value - 0.5) < 0.1

function meanOf(values: TensorData, f: (value: number) => number): number {
  let sum = 0
  for (const value of values) sum += f(value)
  return sum / values.length
}

const mean = (values: TensorData): number => meanOf(values, (value) => value)
const share = (values: TensorData, holds: (value: number) => boolean): number =>
  meanOf(values, (value) => (holds(value) ? 1 : 0))
const rootMeanSquare = (values: TensorData): number => Math.sqrt(meanOf(values, (value) => value * value))
/** Of a sigmoid, from its output. */
const meanSlope = (values: TensorData): number => meanOf(values, (value) => value * (1 - value))

function deviation(values: TensorData): number {
  const middle = mean(values)
  return Math.sqrt(meanOf(values, (value) => (value - middle) ** 2))
}
