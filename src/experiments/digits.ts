// What the experiments with convolutions share: training on the digits as images, and pictures of what came of it.

import type { Dataset } from '../data/dataset.js'
import type { TrainableNetwork } from '../model.js'
import { Adam } from '../optim/adam.js'
import { imageGrid } from '../report/image-grid.js'
import { lineChart } from '../report/line-chart.js'
import { accuracyCurves } from './curves.js'
import type { Lab } from './experiment.js'

/**
 * The book's recipe: Adam with lr 0.001, batches of 100, 20 epochs. Prints and draws the accuracies, the training
 * accuracy on the first 10,000 digits, and draws the first 40 digits that are read wrongly. Answers the test accuracy at
 * the end.
 */
export async function trainOnImages(lab: Lab, name: string, model: TrainableNetwork): Promise<number> {
  const digits = await lab.digits({ flatten: false })
  const [train, test] = lab.quick
    ? [digits.train.slice(0, 2000), digits.test.slice(0, 500)]
    : [digits.train, digits.test]
  const epochs = lab.quick ? 2 : 20
  const part = train.slice(0, 10_000)
  lab.print(
    `${train.length} digits, Adam with lr 0.001, batches of 100, ${epochs} epochs; training accuracy on the first ${part.length}\n`,
  )
  const curves = await accuracyCurves(lab, model, {
    train,
    trainPart: part,
    test,
    epochs,
    batchSize: 100,
    optimizer: new Adam({ lr: 0.001 }),
    callbacks: [lab.progress(`training ${name}`, epochs)],
  })
  lab.table(
    ['epoch', 'training accuracy', 'test accuracy'],
    curves.epochs.map((epoch, i) => [String(epoch), ...[curves.train, curves.test].map((curve) => curve[i] as number)]),
  )
  lab.print('')
  const svg = await lineChart({
    title: `${name}: accuracy`,
    subtitle: `MNIST, Adam lr 0.001, batch 100, seed ${lab.seed}`,
    series: [
      { name: 'training', x: curves.epochs, y: curves.train, markers: true },
      { name: 'test', x: curves.epochs, y: curves.test, markers: true },
    ],
    xLabel: 'epoch',
    xRange: [0, epochs],
    yLabel: 'accuracy',
  })
  await lab.picture('accuracy', svg)
  await drawMistakes(lab, name, model, test)
  return curves.test.at(-1) as number
}

const shownMistakes = 40

async function drawMistakes(lab: Lab, name: string, model: TrainableNetwork, test: Dataset): Promise<void> {
  const read = model.predict(test.x).argMax(1)
  const labels = Array.from(test.y.data)
  const wrong = labels.flatMap((label, i) => (read.data[i] === label ? [] : [i]))
  const shown = wrong.slice(0, shownMistakes)
  if (shown.length === 0) return
  const svg = await imageGrid({
    title: `Digits that ${name} reads wrongly`,
    subtitle: `${wrong.length} of ${test.length}${shown.length < wrong.length ? `, the first ${shown.length}` : ''}; label → as read`,
    images: shown.map((i) => ({
      pixels: test.x.data.slice(i * 784, (i + 1) * 784) as Uint8Array,
      width: 28,
      height: 28,
      label: `${labels[i]} → ${read.data[i]}`,
    })),
  })
  await lab.picture('misclassified', svg)
}
