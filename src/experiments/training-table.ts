// The notes' training table: TwoLayerNet 784-50-10 on MNIST, accuracies of 17 epochs beside those of the notes.

import { Dataset } from '../data/dataset.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { SGD } from '../optim/sgd.js'
import { Random } from '../random/random.js'
import { lineChart } from '../report/line-chart.js'
import { Tensor } from '../tensor/tensor.js'
import type { Callback } from '../train/callback.js'
import type { Experiment, Lab } from './experiment.js'
import { multiLayerPerceptron, twoLayerNet } from './networks.js'

/** Train and test accuracy of the notes' run, epoch 0 to 16. */
const notes = [
  [0.11705, 0.1154],
  [0.90517, 0.9094],
  [0.92432, 0.9265],
  [0.93828, 0.9381],
  [0.9474, 0.9467],
  [0.9538, 0.9526],
  [0.95922, 0.9578],
  [0.9624, 0.9592],
  [0.96548, 0.9621],
  [0.96752, 0.963],
  [0.97125, 0.9666],
  [0.97382, 0.9695],
  [0.97473, 0.9682],
  [0.97717, 0.9711],
  [0.9783, 0.9717],
  [0.97918, 0.9722],
  [0.98003, 0.9728],
] as const

const batchSize = 100
const stepsPerEpoch = 600

export const trainingTable: Experiment = {
  name: 'training-table',
  title: 'TwoLayerNet on MNIST: the 17 lines of accuracy beside those of the notes',
  rows: [83, 85, 87, 88, 89, 90],
  takes: '10 s',
  async run(lab) {
    const lines = await train(lab, lab.quick ? 3 : notes.length)
    lab.table(
      ['epoch', 'train', 'test', 'notes train', 'notes test'],
      lines.map(({ train, test }, epoch) => [
        String(epoch),
        ...[train, test, ...(notes[epoch] ?? [])].map((share) => share.toFixed(4)),
      ]),
    )
    checkLines(lab, lines)
    await lab.picture('accuracy', await accuracyPicture(lab, lines))
  },
}

interface Line {
  readonly train: number
  readonly test: number
}

/**
 * The book's loop: mini-batches drawn with replacement, and the accuracies after the first update of each epoch. `fit`
 * goes through a data set in order here, one that was drawn with replacement before.
 */
async function train(lab: Lab, epochs: number): Promise<readonly Line[]> {
  const { train, test } = await lab.digits()
  const model = multiLayerPerceptron(lab, twoLayerNet)
  const optimizer = new SGD({ lr: 0.1 })
  const loss = crossEntropy()
  const random = new Random(lab.seed, 'training table')
  const progress = lab.progress('784-50-10', epochs)
  const lines: Line[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    const steps = epoch === 0 ? 1 : stepsPerEpoch
    await model.fit(drawn(train, steps * batchSize, random), {
      loss,
      optimizer,
      batchSize,
      shuffle: false,
      callbacks: [shiftedBy(epoch, progress)],
      signal: lab.signal,
    })
    lab.signal.throwIfAborted()
    const [onTrain, onTest] = [await model.evaluate(train), await model.evaluate(test)]
    lines.push({ train: onTrain.accuracy as number, test: onTest.accuracy as number })
  }
  return lines
}

/** `count` samples of `data`, bytes, drawn with replacement. */
function drawn(data: Dataset, count: number, random: Random): Dataset {
  const [pixels, labels] = [data.x.data as Uint8Array, data.y.data as Int32Array]
  const size = data.x.size / data.length
  const x = new Uint8Array(count * size)
  const y = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const sample = random.below(data.length)
    x.set(pixels.subarray(sample * size, (sample + 1) * size), i * size)
    y[i] = labels[sample] as number
  }
  return new Dataset(new Tensor(x, [count, ...data.sampleShape], { scale: data.x.scale }), new Tensor(y, [count]))
}

/** The progress of one training that is made of several fits. */
const shiftedBy = (epochs: number, callback: Callback): Callback => ({
  onProgress: (progress, run) => callback.onProgress?.({ ...progress, epoch: progress.epoch + epochs }, run),
  onEpochEnd: (epoch, logs, run) => callback.onEpochEnd?.(epoch + epochs, logs, run),
})

/**
 * The spread over seeds: 26 runs of this recipe in NumPy ended at 0.9703 on the test digits with a standard deviation of
 * 0.0010, ten runs of this program at 0.9699 with 0.0016; together 0.0012. Accuracies of one epoch deviate by up to
 * 0.003, from epoch 7 on by up to 0.0017, by 0.028 after one update. Four deviations are allowed, times √2 where two
 * single runs are compared. The notes' own run was one of the better ones.
 */
function checkLines(lab: Lab, lines: readonly Line[]): void {
  const gaps = lines.map(({ train, test }, epoch) => {
    const [notesTrain, notesTest] = notes[epoch] as readonly [number, number]
    return Math.max(Math.abs(train - notesTrain), Math.abs(test - notesTest))
  })
  lab.check('epoch 0, one update: gap to the notes', gaps[0] as number, 0, 0.16)
  const early = gaps.slice(1, 7)
  const late = gaps.slice(7)
  lab.check(`epochs 1 to ${early.length}: largest gap to the notes`, Math.max(...early), 0, 0.017)
  if (late.length > 0) lab.check(`epochs 7 to ${lines.length - 1}: largest gap`, Math.max(...late), 0, 0.01)
  if (lines.length === notes.length) lab.check('final test accuracy', lines.at(-1)?.test ?? 0, 0.9703, 0.005)
}

function accuracyPicture(lab: Lab, lines: readonly Line[]): Promise<string> {
  const shown = lines.slice(1)
  const x = shown.map((_, i) => i + 1)
  const column = (place: 0 | 1) => notes.slice(1, lines.length).map((line) => line[place])
  return lineChart({
    title: 'TwoLayerNet 784-50-10 on MNIST',
    subtitle: `batches of ${batchSize}, SGD with lr 0.1, seed ${lab.seed}; from epoch 1 on (at epoch 0, after one update, about 0.1)`,
    xLabel: 'epoch',
    yLabel: 'accuracy',
    yRange: [0.88, 1],
    series: [
      { name: 'train', x, y: shown.map(({ train }) => train), markers: true },
      { name: 'test', x, y: shown.map(({ test }) => test), markers: true },
      { name: 'train, notes', x, y: column(0) },
      { name: 'test, notes', x, y: column(1) },
    ],
  })
}
