// Random search for learning rate and weight decay on 500 digits, judged by validation data.

import { trainValidationSplit } from '../data/split.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { SGD } from '../optim/sgd.js'
import { lineChartGrid } from '../report/line-chart.js'
import { randomSearch } from '../search/random-search.js'
import type { SearchResult } from '../search/search-result.js'
import { logUniform } from '../search/space.js'
import { tailMean } from './curves.js'
import type { Experiment } from './experiment.js'
import { hundreds, multiLayerPerceptron } from './networks.js'

const rounds = 2

/** What a trial keeps besides its score. */
interface Outcome {
  readonly score: number
  readonly train: readonly number[]
  readonly validation: readonly number[]
}

export const hyperparameters: Experiment = {
  name: 'hyperparameters',
  title: 'random search for learning rate and weight decay, with validation data',
  rows: [92, 93],
  takes: '45 s',
  async run(lab) {
    const digits = (await lab.digits()).train.slice(0, 500)
    // The notes take the first 20 % as they come; shuffled first, they need not be in random order.
    const { train, validation } = trainValidationSplit(digits, { share: 0.2, seed: lab.seed })
    const [trials, epochs] = lab.quick ? [20, 10] : [100, 50]
    lab.print(
      `784-100×6-10 on ${train.length} digits, ${validation.length} to judge by; SGD, batches of 100, ${epochs} epochs;\n` +
        `${rounds} rounds of ${trials} trials, the second around the best fifth of the first\n`,
    )
    const result = await randomSearch({
      space: { weightDecay: logUniform(1e-8, 1e-4), lr: logUniform(1e-6, 1e-2) },
      trials,
      rounds,
      seed: lab.seed,
      signal: lab.signal,
      objective: async ({ weightDecay, lr }, { seed }): Promise<Outcome> => {
        const model = multiLayerPerceptron({ seed, backend: lab.backend }, { hidden: hundreds(6) })
        const history = await model.fit(train, {
          loss: crossEntropy(),
          optimizer: new SGD({ lr }),
          epochs,
          batchSize: 100,
          l2: weightDecay,
          validationData: validation,
          signal: lab.signal,
        })
        const { accuracy, valAccuracy } = history
        // The mean of the last five epochs; of 100 digits, one epoch alone is known to 0.04.
        return { score: tailMean(valAccuracy, 5), train: accuracy, validation: valAccuracy }
      },
      onTrial: ({ trial }, { best, total }) => {
        if (trial % 20 === 0) lab.print(`${trial} of ${total} trials, best ${best?.score.toFixed(3)}`)
      },
    })
    lab.signal.throwIfAborted()
    lab.print(`\nThe best 20 trials:\n\n${result.toTable(20)}\n`)
    lab.table(
      ['round', 'weight decay', 'learning rate', 'median score'],
      result.rounds.map(({ weightDecay, lr }, i) => [
        String(i + 1),
        `${weightDecay}`,
        `${lr}`,
        medianScore(result, i + 1),
      ]),
    )
    lab.print('')
    const shown = result.trials.slice(0, 20)
    lab.claim(
      'the best 20 trials have learning rates of 0.001 or more',
      shown.every(({ params }) => params.lr >= 0.001),
    )
    lab.claim('the median trial of the second round is better', medianScore(result, 2) > medianScore(result, 1))
    // Seeds 1 to 3: 0.83, 0.82, 0.78; three standard deviations.
    lab.check('validation accuracy of the best trial', result.best.score, 0.81, 0.09)
    const epochNumbers = Array.from({ length: epochs }, (_, epoch) => epoch + 1)
    const svg = await lineChartGrid({
      title: 'The best 20 of a random search: training and validation accuracy',
      subtitle: `${train.length} digits and ${validation.length}, 784-100×6-10, SGD, batch 100, seed ${lab.seed}`,
      panels: shown.map((trial, i) => ({
        name: `${i + 1}: lr ${trial.params.lr.toPrecision(3)}, decay ${trial.params.weightDecay.toExponential(1)}`,
        series: [
          { name: 'training', x: epochNumbers, y: (trial.outcome as Outcome).train },
          { name: 'validation', x: epochNumbers, y: (trial.outcome as Outcome).validation },
        ],
      })),
      columns: 5,
      width: 1240,
      height: 860,
      xLabel: 'epoch',
      yLabel: 'accuracy',
      xRange: [0, epochs],
      yRange: [0, 1],
    })
    await lab.picture('best', svg)
  },
}

function medianScore(result: SearchResult, round: number): number {
  const scores = result.succeeded.filter((trial) => trial.round === round).map(({ score }) => score)
  return scores[Math.floor(scores.length / 2)] ?? Number.NaN
}
