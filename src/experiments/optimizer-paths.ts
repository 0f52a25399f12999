// Optimizers compared: their paths down x²/20 + y², a long valley, and their losses on MNIST.

import {
  AdaGrad,
  Adam,
  type BookOptimizer,
  getMiniBatch,
  Momentum,
  MultiLayerNet,
  Nesterov,
  RMSprop,
  SGD,
} from '../book/index.js'
import { nextTurn } from '../platform.js'
import { Random } from '../random/random.js'
import { type LineSeries, lineChart, lineChartGrid } from '../report/line-chart.js'
import type { Experiment, Lab } from './experiment.js'
import { windowMeans } from './window-means.js'

type Point = readonly [x: number, y: number]

interface Descent {
  readonly name: string
  readonly optimizer: () => BookOptimizer
  /** Where 30 steps from (−7, 2) lead, by the notes; the tolerances are half a unit of their last digits. */
  readonly notes: Point
  readonly tolerances: Point
}

const descents: readonly Descent[] = [
  { name: 'SGD, lr 0.95', optimizer: () => new SGD({ lr: 0.95 }), notes: [-0.3504, 0.0848], tolerances: [5e-5, 5e-5] },
  {
    name: 'Momentum, lr 0.1',
    optimizer: () => new Momentum({ lr: 0.1 }),
    notes: [0.8964, 0.0881],
    tolerances: [5e-5, 5e-5],
  },
  {
    name: 'Nesterov, lr 0.1',
    optimizer: () => new Nesterov({ lr: 0.1 }),
    notes: [0.68961, -0.00067991],
    tolerances: [5e-6, 5e-9],
  },
  {
    name: 'AdaGrad, lr 1.5',
    optimizer: () => new AdaGrad({ lr: 1.5 }),
    notes: [-0.1202, 2.5e-17],
    tolerances: [5e-5, 5e-19],
  },
  {
    name: 'RMSprop, lr 0.01',
    optimizer: () => new RMSprop({ lr: 0.01 }),
    notes: [-6.0425, 1.1198],
    tolerances: [5e-5, 5e-5],
  },
  {
    name: 'RMSprop, lr 0.3',
    optimizer: () => new RMSprop({ lr: 0.3 }),
    notes: [-5.35e-6, 1.5e-11],
    tolerances: [5e-9, 5e-13],
  },
  { name: 'Adam, lr 0.3', optimizer: () => new Adam({ lr: 0.3 }), notes: [0.136, 0.3182], tolerances: [5e-5, 5e-5] },
]

export const optimizerPaths: Experiment = {
  name: 'optimizer-paths',
  title: 'SGD, Momentum, Nesterov, AdaGrad, RMSprop and Adam on x²/20 + y² and on MNIST',
  rows: [70, 71, 72, 73, 74, 75],
  takes: '15 s',
  async run(lab) {
    const paths = descents.map(({ optimizer }) => pathOf(optimizer()))
    lab.print('x²/20 + y² from (−7, 2), 30 steps')
    lab.table(
      ['', 'x', 'y', 'notes x', 'notes y'],
      descents.map(({ name, notes }, i) => [name, ...(paths[i]?.at(-1) ?? []), ...notes]),
    )
    for (const [i, { name, notes, tolerances }] of descents.entries()) {
      const [x, y] = (paths[i] as readonly Point[]).at(-1) as Point
      lab.check(`${name}: x`, x, notes[0], tolerances[0])
      lab.check(`${name}: y`, y, notes[1], tolerances[1])
    }
    await lab.picture('valley', await valleyPicture(paths))
    await compareOnDigits(lab)
  },
}

function pathOf(optimizer: BookOptimizer): readonly Point[] {
  const params = { x: -7, y: 2 }
  const path: Point[] = [[params.x, params.y]]
  for (let step = 0; step < 30; step++) {
    optimizer.update(params, { x: params.x / 10, y: 2 * params.y })
    path.push([params.x, params.y])
  }
  return path
}

/** The pictures reach from -10 to 10. */
const farthest = 10

/** Where x²/20 + y² is `height`: the upper and the lower half of an ellipse, no farther than the picture reaches. */
function contourOf(height: number): readonly LineSeries[] {
  const [a, b] = [Math.sqrt(20 * height), Math.sqrt(height)]
  const end = Math.acos(Math.min(1, farthest / a))
  const angles = Array.from({ length: 61 }, (_, i) => end + (i / 60) * (Math.PI - 2 * end))
  const x = angles.map((angle) => a * Math.cos(angle))
  return [b, -b].map((radius) => {
    const y = angles.map((angle) => radius * Math.sin(angle))
    return { name: `contour ${height}`, x, y, background: true }
  })
}

function valleyPicture(paths: readonly (readonly Point[])[]): Promise<string> {
  const contours = [0.25, 1, 2, 4, 7].flatMap(contourOf)
  const panels = descents.map(({ name }, i) => {
    const path = paths[i] ?? []
    const series = [{ name: '30 steps', x: path.map(([x]) => x), y: path.map(([, y]) => y), markers: true }]
    return { name, series: [...contours, ...series] }
  })
  return lineChartGrid({
    title: 'Paths down x²/20 + y² from (−7, 2)',
    xLabel: 'x',
    yLabel: 'y',
    xRange: [-farthest, farthest],
    yRange: [-3, 3],
    panels: panels.filter(({ name }) => name !== 'RMSprop, lr 0.01'),
  })
}

/** The book's rates. */
const contestants = {
  SGD: () => new SGD({ lr: 0.01 }),
  Momentum: () => new Momentum({ lr: 0.01 }),
  AdaGrad: () => new AdaGrad({ lr: 0.01 }),
  Adam: () => new Adam({ lr: 0.001 }),
} as const

/** Losses are means over so many steps. */
const window = 20

/** Four equal networks, 784-100×4-10, each with its own optimizer, on the same mini-batches. */
async function compareOnDigits(lab: Lab): Promise<void> {
  const { train, test } = await lab.digits()
  const steps = lab.quick ? 60 : 2000
  const runs = Object.entries(contestants).map(([name, optimizer]) => ({
    name,
    optimizer: optimizer(),
    network: new MultiLayerNet(784, [100, 100, 100, 100], 10, { seed: lab.seed }),
    losses: [] as number[],
  }))
  const random = new Random(lab.seed, 'optimizers')
  for (let step = 0; step < steps; step++) {
    lab.signal.throwIfAborted()
    const [x, t] = getMiniBatch(train.x, train.y, 128, random)
    for (const { optimizer, network, losses } of runs) {
      const { loss, gradients } = network.lossAndGradient(x, t)
      optimizer.update(network.params, gradients)
      losses.push(loss)
    }
    await nextTurn()
  }
  const smooth = runs.map(({ losses }) => windowMeans(losses, window))
  const marks = [20, 100, 500, 1000, 2000].filter((step) => step < steps)
  const lossAt = (run: number, step: number): number => smooth[run]?.[Math.ceil(step / window) - 1] ?? 0
  lab.print(`\nMNIST, 784-100-100-100-100-10, batches of 128; loss: mean of the last ${window} steps`)
  lab.table(
    ['step', ...[...marks, steps].map(String), 'test accuracy'],
    runs.map(({ name, network }, run) => [
      name,
      ...[...marks, steps].map((step) => lossAt(run, step).toFixed(4)),
      network.accuracy(test.x, test.y, 1000).toFixed(4),
    ]),
  )
  const ends = runs.map((_, run) => lossAt(run, steps))
  const [sgd, ...others] = ends as [number, ...number[]]
  lab.claim(
    'Momentum, AdaGrad and Adam each end below SGD',
    others.every((loss) => loss < sgd),
  )
  await lab.picture(
    'digits',
    await lineChart({
      title: 'Loss by optimizer, 784-100×4-10 on MNIST',
      subtitle: `He's weights, batches of 128, seed ${lab.seed}; means over ${window} steps`,
      xLabel: 'step',
      yLabel: 'loss',
      xRange: [0, steps],
      yLog: true,
      series: runs.map(({ name }, i) => ({
        name,
        x: (smooth[i] ?? []).map((_, place) => (place + 0.5) * window),
        y: smooth[i] ?? [],
      })),
    }),
  )
}
