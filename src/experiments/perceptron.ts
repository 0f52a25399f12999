// The perceptron: gates from two weights and a bias, XOR from two layers, and the functions that take the step's place.

import { dot, relu, sigmoid, stepFunction } from '../book/index.js'
import { graphPicture } from '../report/graph-picture.js'
import { lineChart } from '../report/line-chart.js'
import type { Experiment, Lab } from './experiment.js'

/** 1 where w · x + b > 0, else 0. */
class Perceptron {
  readonly w: readonly [number, number]
  readonly b: number

  constructor(w: readonly [number, number], b: number) {
    this.w = w
    this.b = b
  }

  fire(x: readonly [number, number]): number {
    return stepFunction(Number(dot([...x], [...this.w])) + this.b)
  }
}

/** The book's weights. */
const and = new Perceptron([0.5, 0.5], -0.7)
const nand = new Perceptron([-0.5, -0.5], 0.7)
const or = new Perceptron([0.5, 0.5], -0.2)
const xor = (x: readonly [number, number]): number => and.fire([nand.fire(x), or.fire(x)])

const inputs = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const

/** What the gates are to give for each of `inputs`. */
const truth = { AND: [0, 0, 0, 1], NAND: [1, 1, 1, 0], OR: [0, 1, 1, 1], XOR: [0, 1, 1, 0] } as const

export const perceptron: Experiment = {
  name: 'perceptron',
  title: 'AND, NAND, OR and XOR from perceptrons; step function, sigmoid and ReLU',
  rows: [13, 14, 97],
  takes: '1 s',
  async run(lab) {
    const gates = { AND: and.fire.bind(and), NAND: nand.fire.bind(nand), OR: or.fire.bind(or), XOR: xor }
    const outputs = Object.entries(gates).map(([name, gate]) => [name, inputs.map(gate)] as const)
    lab.table(
      ['x1 x2', ...outputs.map(([name]) => name)],
      inputs.map((x, i) => [x.join('  '), ...outputs.map(([, values]) => values[i] as number)]),
    )
    for (const [name, values] of outputs) {
      lab.claim(`${name} is right for all four inputs`, String(values) === String(truth[name as keyof typeof truth]))
    }
    lab.check('perceptrons with weights and bias of −2, −1.9, … 2 that are XOR', countXor(), 0)
    await lab.picture('xor', await xorPicture())
    await functions(lab)
  },
}

/** No line parts XOR's ones from its zeros, so that no single perceptron does; here as many are tried as a grid has. */
function countXor(): number {
  const grid = Array.from({ length: 41 }, (_, i) => (i - 20) / 10)
  let found = 0
  for (const w1 of grid) {
    for (const w2 of grid) {
      for (const b of grid) {
        if (inputs.every(([x1, x2], i) => Number(w1 * x1 + w2 * x2 + b > 0) === truth.XOR[i])) found++
      }
    }
  }
  return found
}

const xorPicture = () =>
  graphPicture({
    title: 'XOR: two layers of perceptrons',
    nodes: [
      { id: 'x1', label: 'x1', kind: 'input' },
      { id: 'x2', label: 'x2', kind: 'input' },
      { id: 'nand', label: 'NAND gate' },
      { id: 'or', label: 'OR gate' },
      { id: 'and', label: 'AND gate' },
      { id: 'y', label: 'y', kind: 'output' },
    ],
    edges: [
      { from: 'x1', to: 'nand' },
      { from: 'x1', to: 'or' },
      { from: 'x2', to: 'nand' },
      { from: 'x2', to: 'or' },
      { from: 'nand', to: 'and' },
      { from: 'or', to: 'and' },
      { from: 'and', to: 'y' },
    ],
  })

async function functions(lab: Lab): Promise<void> {
  const x = Float64Array.from({ length: 100 }, (_, i) => (i - 50) / 10)
  const series = [
    { name: 'step function', x, y: stepFunction(x).data },
    { name: 'sigmoid', x, y: sigmoid(x).data },
    { name: 'ReLU', x, y: relu(x).data },
  ]
  const title = 'Step function, sigmoid and ReLU'
  await lab.picture(
    'functions',
    await lineChart({ title, xLabel: 'x', yLabel: 'y', xRange: [-5, 5], yRange: [-0.1, 1.1], series }),
  )
  await lab.picture(
    'relu',
    await lineChart({
      title: 'ReLU',
      xLabel: 'x',
      yLabel: 'max(0, x)',
      xRange: [-5, 5],
      yRange: [-1, 5.5],
      series: series.slice(2),
    }),
  )
}
