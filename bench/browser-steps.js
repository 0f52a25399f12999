// What `npm run bench:browser` times, the same lines in Node and in a page.

import {
  Adam,
  Conv2d,
  crossEntropy,
  Dataset,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  SGD,
  Tensor,
} from 'netwright'

export const batch = 100

/** The book's networks: 784-50-10, and the one of a convolution. */
const networks = {
  mlp50: () => [new Flatten(), new Linear(50), new ReLU(), new Linear(10)],
  simpleconv: () => [
    ...[new Conv2d(1, 30, 5), new ReLU(), new MaxPool2d(2), new Flatten()],
    ...[new Linear(100), new ReLU(), new Linear(10)],
  ],
}
const optimizers = { mlp50: () => new SGD({ lr: 0.1 }), simpleconv: () => new Adam({ lr: 1e-3 }) }

/** Milliseconds of a training step, from a pass over the digits. */
export async function stepTime(name, pixels, labels, options = {}) {
  const digits = new Dataset(new Tensor(pixels, [labels.length, 1, 28, 28], { scale: 1 / 255 }), labels)
  const model = new Sequential(networks[name](), { seed: 1, ...options })
  const history = await model.fit(digits, {
    epochs: 1,
    batchSize: batch,
    optimizer: optimizers[name](),
    loss: crossEntropy(),
  })
  return (1e3 * history.seconds[0]) / (labels.length / batch)
}
