// Gradient descent on x0² + x1²: a learning rate that arrives, one that runs away and one that stands still.

import { numericalDiff } from '../book/index.js'
import { type Descent, gradientDescent } from '../numeric/gradient-descent.js'
import { type LineSeries, lineChart } from '../report/line-chart.js'
import type { Experiment } from './experiment.js'

const f = (x: Float64Array): number => (x[0] as number) ** 2 + (x[1] as number) ** 2
const start = Float64Array.of(-3, 4)

interface Run {
  readonly name: string
  readonly lr: number
  readonly notes: readonly [number, number]
  /** For the notes' digits. */
  readonly tolerance: number
}

const runs: readonly Run[] = [
  { name: 'lr 0.01, 100 steps', lr: 0.01, notes: [-0.39785867, 0.53047822], tolerance: 5.1e-9 },
  { name: 'lr 0.1', lr: 0.1, notes: [-6.11e-10, 8.15e-10], tolerance: 1e-12 },
  // Differences of numbers of 1e13 with h = 1e-4 are noise, so that only the size of it is to be expected.
  { name: 'lr 10: runs away', lr: 10, notes: [-2.59e13, -1.3e12], tolerance: 5.1e10 },
  { name: 'lr 1e-10: stands still', lr: 1e-10, notes: [-2.99999994, 3.99999992], tolerance: 5.1e-9 },
]

export const gradientDescentExperiment: Experiment = {
  name: 'gradient-descent',
  title: 'numerical derivatives, and gradient descent that converges, diverges and stands still',
  rows: [60, 64],
  takes: '1 s',
  async run(lab) {
    const line = (x: number) => 0.01 * x ** 2 + 0.1 * x
    // f‴ is 0: what is left is rounding, eps · f / h.
    lab.check('derivative of 0.01 x² + 0.1 x at 5', numericalDiff(line, 5), 0.2, 1e-11)
    lab.check('the same at 10', numericalDiff(line, 10), 0.3, 1e-11)

    const results = runs.map(({ lr }) => gradientDescent(f, start, { lr, recordPath: true }))
    lab.print('\nx0² + x1² from (−3, 4), 100 steps')
    lab.table(
      ['', 'x0', 'x1', 'notes x0', 'notes x1'],
      runs.map(({ name, notes }, i) => [
        name,
        ...[...(results[i] as Descent<Float64Array>).x].map((value) => String(Number(value.toPrecision(9)))),
        ...notes.map(String),
      ]),
    )
    for (const [i, { name, notes, tolerance }] of runs.entries()) {
      const { x } = results[i] as Descent<Float64Array>
      lab.check(`${name}: x0`, x[0] as number, notes[0], tolerance)
      lab.check(`${name}: x1`, x[1] as number, notes[1], tolerance)
    }
    const { x, steps } = gradientDescent(f, start, { lr: 0.1, tolerance: 1e-3, steps: 1000 })
    lab.print(
      `\nlr 0.1 with a tolerance of 0.001 stops after ${steps} steps at (${[...x].map((value) => value.toExponential(2)).join(', ')})`,
    )
    // The gradient shrinks to 0.8 of itself at each step, from 10: after n steps 10 · 0.8ⁿ ≤ 0.001 at n = 42.
    lab.check('steps to a gradient no longer than 0.001', steps, 42)

    await lab.picture('paths', await pathPicture(results))
  },
}

function pathPicture(results: readonly Descent<Float64Array>[]): Promise<string> {
  const at = (path: readonly Float64Array[], axis: 0 | 1) => path.map((point) => point[axis] as number)
  const series = results.map(({ path = [] }, i): LineSeries => {
    const shown = path.filter((point) => point.every((value) => Math.abs(value) < 100))
    return { name: runs[i]?.name ?? '', x: at(shown, 0), y: at(shown, 1), markers: true }
  })
  return lineChart({
    title: 'Gradient descent on x0² + x1² from (−3, 4)',
    subtitle: 'Circles: where x0² + x1² is 1, 4, 9, 16, 25',
    xLabel: 'x0',
    yLabel: 'x1',
    xRange: [-6, 6],
    yRange: [-6, 6],
    // So that circles are round.
    width: 640,
    height: 738,
    series: [...[1, 2, 3, 4, 5].map(circle), ...series],
  })
}

function circle(radius: number): LineSeries {
  const angles = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60)
  return {
    name: `radius ${radius}`,
    x: angles.map((angle) => radius * Math.cos(angle)),
    y: angles.map((angle) => radius * Math.sin(angle)),
    background: true,
  }
}
