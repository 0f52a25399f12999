// The book's SimpleConvNet: one convolution on the digits, and what its filters look like before and after.

import { imageGrid } from '../report/image-grid.js'
import type { TensorData } from '../tensor/tensor.js'
import { trainOnImages } from './digits.js'
import type { Experiment, Lab } from './experiment.js'
import { parameterCount, simpleConvNet } from './networks.js'

export const simpleConv: Experiment = {
  name: 'simple-conv',
  title: 'SimpleConvNet on MNIST: accuracy, filters, misread digits',
  rows: [38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 59],
  takes: '3 min',
  async run(lab) {
    const { train } = await lab.digits({ flatten: false })
    const model = simpleConvNet(lab)
    model.seal([train.sampleShape])
    lab.print(`${model.summary({ batchSize: 100 })}\n`)
    lab.check('parameters', parameterCount(model), 433_890)
    const before = model.params[0]?.data.slice() as TensorData
    const accuracy = await trainOnImages(lab, 'SimpleConvNet', model)
    // PyTorch reaches 0.987 to 0.988 by the same recipe, seeds differ by 0.001.
    lab.claim(`accuracy on the test digits at least 0.986: ${accuracy}`, accuracy >= 0.986)
    await drawFilters(lab, 'before', before)
    await drawFilters(lab, 'after', model.params[0]?.data as TensorData)
  },
}

async function drawFilters(lab: Lab, when: string, weights: TensorData): Promise<void> {
  const values = Array.from(weights)
  const range = [Math.min(...values), Math.max(...values)] as const
  const svg = await imageGrid({
    title: `The 30 filters of SimpleConvNet, ${when} training`,
    subtitle: `black ${range[0].toFixed(3)}, white ${range[1].toFixed(3)}; seed ${lab.seed}`,
    images: Array.from({ length: values.length / 25 }, (_, filter) => ({
      pixels: values.slice(filter * 25, (filter + 1) * 25),
      width: 5,
      height: 5,
      range,
    })),
  })
  await lab.picture(`filters-${when}`, svg)
}
