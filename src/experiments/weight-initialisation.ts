// Loss while training the digits, by initial weights; and weights that begin as zeros, which never learn.

import { crossEntropy } from '../losses/cross-entropy.js'
import { SGD } from '../optim/sgd.js'
import { lineChart } from '../report/line-chart.js'
import { lossCurve, tailMean } from './curves.js'
import type { Experiment, Lab } from './experiment.js'
import { hundreds, multiLayerPerceptron } from './networks.js'

const hidden = hundreds(4)
const inits = { 'std 0.01': 0.01, Xavier: 'lecun', He: 'he' } as const
type Name = keyof typeof inits

export const weightInitialisation: Experiment = {
  name: 'weight-initialisation',
  title: 'loss of a network of five layers by its initial weights; zeros never learn',
  rows: [76, 77, 78, 79, 80],
  takes: '15 s',
  async run(lab) {
    const { train } = await lab.digits()
    const iterations = lab.quick ? 300 : 2000
    lab.print(`784-100-100-100-100-10 with ReLU, SGD with lr 0.01, batches of 128, ${iterations} steps\n`)
    const curves = []
    for (const name of Object.keys(inits) as Name[]) {
      const model = multiLayerPerceptron(lab, { hidden, init: inits[name] })
      const curve = await lossCurve(lab, model, { train, optimizer: new SGD({ lr: 0.01 }), batchSize: 128, iterations })
      curves.push({ name, x: curve.steps, y: curve.loss })
    }
    // The mean over the last 200 steps.
    const last = Object.fromEntries(curves.map(({ name, y }) => [name, tailMean(y, 10)])) as Record<Name, number>
    lab.table(
      ['initial weights', 'loss at first', 'loss at last'],
      curves.map(({ name, y }) => [name, y[0] as number, last[name]]),
    )
    lab.print('')
    // Guessing gives ln 10 = 2.3026; a network that gives each digit its share of the data has 2.3010.
    lab.claim('std 0.01 learns next to nothing: the loss stays above 2.29', last['std 0.01'] > 2.29)
    lab.claim('Xavier and He learn: the loss falls below 0.6', last.Xavier < 0.6 && last.He < 0.6)
    lab.claim('He, made for ReLU, is ahead of Xavier', last.He < last.Xavier)
    const svg = await lineChart({
      title: 'Loss by initial weights',
      subtitle: `MNIST, 784-100×4-10 with ReLU, SGD lr 0.01, batch 128, means of 20 steps, seed ${lab.seed}`,
      series: curves,
      xLabel: 'step',
      xRange: [0, iterations],
      yLabel: 'loss',
    })
    await lab.picture('loss', svg)
    await trainZeros(lab)
  },
}

/** Weights of 0 have gradients of 0: what a layer of zeros puts out is 0, and so is what it passes back. */
async function trainZeros(lab: Lab): Promise<void> {
  const { train } = await lab.digits()
  const warnings: string[] = []
  const listen = (warning: Error & { readonly code?: string }) => warnings.push(warning.code ?? '')
  process.on('warning', listen)
  try {
    const model = multiLayerPerceptron(lab, { hidden, init: 'zeros' })
    const history = await model.fit(train.slice(0, 12_800), {
      loss: crossEntropy(),
      optimizer: new SGD({ lr: 0.01 }),
      epochs: lab.quick ? 1 : 3,
      batchSize: 128,
      signal: lab.signal,
    })
    lab.signal.throwIfAborted()
    const weights = model.parameters.filter(({ decay }) => decay)
    lab.print(`\nWeights that begin as 0, after ${history.epochs * 100} steps: loss ${history.loss.at(-1)?.toFixed(4)}`)
    lab.claim(
      'all weights are still 0',
      weights.every(({ value }) => value.data.every((weight) => weight === 0)),
    )
    lab.claim('the loss stays above 2.29', (history.loss.at(-1) ?? 0) > 2.29)
    lab.claim('and netwright has warned: NETWRIGHT_ZERO_INIT', warnings.includes('NETWRIGHT_ZERO_INIT'))
  } finally {
    process.off('warning', listen)
  }
}
