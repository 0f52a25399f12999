// The book's DeepConvNet (chapter 8): six convolutions on the digits.

import { trainOnImages } from './digits.js'
import type { Experiment } from './experiment.js'
import { deepConvNet, parameterCount } from './networks.js'

export const deepConv: Experiment = {
  name: 'deep-conv',
  title: 'DeepConvNet on MNIST: accuracy, misread digits',
  rows: [47],
  takes: '8 min',
  async run(lab) {
    const { train } = await lab.digits({ flatten: false })
    const model = deepConvNet(lab)
    model.seal([train.sampleShape])
    lab.print(`${model.summary({ batchSize: 100 })}\n`)
    lab.check('parameters', parameterCount(model), 123_552)
    const accuracy = await trainOnImages(lab, 'DeepConvNet', model)
    // The book has 0.9938 after 20 epochs.
    lab.claim(`accuracy on the test digits at least 0.992: ${accuracy}`, accuracy >= 0.992)
  },
}
