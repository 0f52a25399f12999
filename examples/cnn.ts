// A convolutional network on MNIST, saved and loaded again. About ten seconds on two cores.

import {
  Adam,
  BatchNorm,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  Linear,
  loadModel,
  MaxPool2d,
  mnist,
  ReLU,
  Sequential,
} from 'netwright'

const { train, test } = await mnist({ flatten: false }) // samples (1, 28, 28)
const model = new Sequential(
  [
    new Conv2d(1, 16, 3, { padding: 'same', init: 'he' }),
    new BatchNorm(),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(32, 3, { padding: 'same', init: 'he' }), // the number of channels is inferred from here on
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.25),
    new Linear(10),
  ],
  { seed: 1 },
)
const options = { epochs: 1, batchSize: 100, optimizer: new Adam(), loss: crossEntropy() }
const history = await model.fit(train, { ...options, validationData: test })
console.log(model.summary({ batchSize: 100 }))
console.log(`test accuracy ${history.valAccuracy[0]?.toFixed(4)}, seconds ${history.seconds[0]?.toFixed(1)}`)

await model.save('digits.safetensors') // PyTorch's names and layout, and the structure: one file is the whole model
const loaded = await loadModel('digits.safetensors')
console.log(loaded.predict(test.x.slice(0, 8)).argMax(1).toArray(), test.y.slice(0, 8).toArray())
