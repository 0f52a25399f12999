// Why networks are not trained by numerical gradients: what one costs against backpropagation, measured, and what the
// notes' step would cost. A tiny network is trained both ways, with the same result.

import { getMiniBatch, MultiLayerNet, SGD, TwoLayerNet, TwoLayerNetwork } from '../book/index.js'
import { nextTurn } from '../platform.js'
import { Random } from '../random/random.js'
import { lineChartGrid } from '../report/line-chart.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Experiment, Lab } from './experiment.js'
import { smallDigits } from './small-digits.js'
import { windowMeans } from './window-means.js'

export const whyNotNumericalGradients: Experiment = {
  name: 'why-not-numerical-gradients',
  title: 'the time of a numerical gradient against backpropagation, and a tiny network trained by both',
  rows: [55, 67, 86],
  takes: '25 s',
  async run(lab) {
    const { train } = await lab.digits()
    await compareTimes(lab, train.x, train.y)
    await trainBoth(lab, train.x, train.y)
  },
}

interface Size {
  readonly inputs: number
  readonly hidden: number
  /** Pixels of MNIST's that make one here, along each side. */
  readonly side: number
  readonly batch: number
  /** Whether all passes are run; else one is, and multiplied. */
  readonly measured: boolean
}

const sizes: readonly Size[] = [
  { inputs: 16, hidden: 8, side: 7, batch: 100, measured: true },
  { inputs: 49, hidden: 20, side: 4, batch: 100, measured: true },
  { inputs: 784, hidden: 50, side: 1, batch: 100, measured: false },
  { inputs: 784, hidden: 50, side: 1, batch: 1000, measured: false },
]

const classes = 10

async function compareTimes(lab: Lab, images: Tensor, labels: Tensor): Promise<void> {
  const rows: (string | number)[][] = []
  let ratio = 0
  for (const [i, { inputs, hidden, side, batch, measured }] of sizes.entries()) {
    if (lab.quick && i === 1) continue
    lab.signal.throwIfAborted()
    const x = smallDigits(images.slice(0, batch), side)
    const t = labels.slice(0, batch)
    const network = new TwoLayerNet(inputs, hidden, classes, { seed: lab.seed, dtype: 'float64' })
    const parameters = (inputs + 1) * hidden + (hidden + 1) * classes
    const pass = seconds(() => network.loss(x, t))
    const backprop = seconds(() => network.gradient(x, t))
    const numeric = measured ? secondsOf(() => network.numericalGradient(x, t)) : pass * 2 * parameters
    ratio = numeric / backprop
    rows.push([
      `${inputs}-${hidden}-${classes}, batch ${batch}`,
      parameters,
      `${measured ? '' : 'about '}${durationText(numeric)}`,
      durationText(backprop),
      Math.round(ratio),
    ])
    await nextTurn()
  }
  lab.print('One gradient in float64, in TypeScript on one core')
  lab.table(['network', 'parameters', 'numerical', 'backpropagation', 'times as long'], rows)
  // Two passes for each parameter; a pass multiplies and adds each weight once for each sample.
  const flops = 2 * 39_760 * 1000 * 2 * (784 * 50 + 50 * classes)
  lab.check("TFLOP of the notes' step, batch 1000", flops / 1e12, 6.3, 0.05)
  // Backpropagation is worth about three passes, so that 79,520 of them take 26,000 times as long; here at least a tenth.
  lab.claim(`that gradient takes ${Math.round(ratio)} times as long numerically: thousands`, ratio > 2600)
}

/** As '5.2 ms', '0.39 s' or '22 min'. */
function durationText(seconds: number): string {
  if (seconds < 0.1) return `${(seconds * 1000).toPrecision(2)} ms`
  return seconds < 60 ? `${seconds.toPrecision(2)} s` : `${Math.round(seconds / 60)} min`
}

const secondsOf = (run: () => unknown): number => {
  const begin = performance.now()
  run()
  return (performance.now() - begin) / 1000
}

/** The fastest of five, the first of which also warms up. */
const seconds = (run: () => unknown): number => Math.min(...Array.from({ length: 5 }, () => secondsOf(run)))

/** Chapter 4's network, 16-8-10 with sigmoid, by numerical gradients; its twin by backpropagation on the same batches. */
async function trainBoth(lab: Lab, images: Tensor, labels: Tensor): Promise<void> {
  const count = lab.quick ? 1000 : 10_000
  const [steps, lr, batch] = [lab.quick ? 30 : 600, 2, 100]
  const [x, t] = [smallDigits(images.slice(0, count), 7), labels.slice(0, count)]
  const weightInitStd = 0.5
  const numeric = new TwoLayerNetwork(16, 8, classes, { seed: lab.seed, weightInitStd })
  const exact = new MultiLayerNet(16, [8], classes, {
    activation: 'sigmoid',
    weightInitStd,
    seed: lab.seed,
    dtype: 'float64',
  })
  const random = new Random(lab.seed, 'numerical gradients')
  const sgd = new SGD({ lr })
  const losses: { numeric: number; exact: number }[] = []
  for (let step = 0; step < steps; step++) {
    lab.signal.throwIfAborted()
    const [samples, targets] = getMiniBatch(x, t, batch, random)
    losses.push({ numeric: numeric.loss(samples, targets), exact: exact.loss(samples, targets) })
    sgd.update(numeric.params, numeric.numericalGradient(samples, targets))
    sgd.update(exact.params, exact.gradient(samples, targets))
    await nextTurn()
  }
  const accuracies = [numeric.accuracy(x, t), exact.accuracy(x, t)] as const
  const [first, last] = [losses[0], losses.at(-1)]
  lab.print(`\n16-8-10 on digits of 4 × 4 pixels, ${steps} steps of ${batch} samples, lr ${lr}`)
  lab.table(
    ['gradients', 'first loss', 'last loss', 'accuracy'],
    [
      ['numerical', first?.numeric ?? 0, last?.numeric ?? 0, accuracies[0]],
      ['backpropagation', first?.exact ?? 0, last?.exact ?? 0, accuracies[1]],
    ],
  )
  const gap = Math.max(...losses.map(({ numeric, exact }) => Math.abs(numeric - exact)))
  // The notes' loss has ln(y + 1e-7): up to 1e-7 / y each, and gradients that differ by as much add up over the steps.
  lab.check('largest gap between the two losses', gap, 0, 1e-3)
  const end = windowMeans(losses.map(({ numeric }) => numeric).slice(-20), 20)[0] ?? 0
  lab.claim('the loss falls to less than half', end < 0.5 * (first?.numeric ?? 0))
  const curve = (losses: readonly number[]) => {
    const y = windowMeans(losses, 10)
    return [{ name: 'loss', x: y.map((_, i) => 10 * i + 5), y }]
  }
  await lab.picture(
    'training',
    await lineChartGrid({
      title: 'Trained by numerical gradients and by backpropagation',
      subtitle: `16-8-10 on digits of 4 × 4 pixels, batches of ${batch}, lr ${lr}, seed ${lab.seed}; means over 10 steps`,
      xLabel: 'step',
      yLabel: 'loss',
      xRange: [0, steps],
      yRange: [0, 3],
      panels: [
        { name: 'numerical', series: curve(losses.map(({ numeric }) => numeric)) },
        { name: 'backpropagation', series: curve(losses.map(({ exact }) => exact)) },
      ],
    }),
  )
}
