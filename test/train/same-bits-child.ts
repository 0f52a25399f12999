// Trains a convolutional network with dropout and batch normalisation on MNIST for one epoch and prints a hash of its
// weights and running statistics: same-bits-child.ts <way> <threads>. Ways: `jobs` (fit), `steps` (a step per job),
// `hand` (forward, backward and update by hand).

import { createHash } from 'node:crypto'
import { mnist } from '../../src/data/mnist.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Linear } from '../../src/layers/linear.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { permutation } from '../../src/random/permutation.js'
import { Sequential } from '../../src/sequential.js'
import { tensor } from '../../src/tensor/create.js'
import { hasNative } from '../setup/backend.js'

const [way, threads = '1'] = process.argv.slice(2)
const backend = hasNative ? native({ threads: Number(threads) }) : reference()
const { train } = await mnist({ flatten: false })
const data = train.slice(0, hasNative ? 6000 : 200)
const seed = 5
const batchSize = 64
const layers = [
  new Conv2d(8, 5),
  new BatchNorm(),
  new ReLU(),
  new MaxPool2d(2),
  new Conv2d(16, 3),
  new BatchNorm(),
  new ReLU(),
  new Dropout(0.3),
  new Flatten(),
  new Linear(32),
  new ReLU(),
  new Dropout(0.5),
  new Linear(10),
]
const model = new Sequential(layers, { seed, backend, inputShape: [1, 28, 28] })
const optimizer = new Adam({ lr: 1e-3 })
const loss = crossEntropy()
const options = { epochs: 1, batchSize, optimizer, loss }

if (way === 'jobs') await model.fit(data, options)
else if (way === 'steps') for await (const _step of model.steps(data, options));
else {
  const order = permutation(data.length, seed, 0)
  const pixels = data.x.data
  for (let at = 0; at < data.length; at += batchSize) {
    const samples = order.subarray(at, at + batchSize)
    const x = new Float32Array(samples.length * 784)
    samples.forEach((sample, i) => {
      for (let j = 0; j < 784; j++) x[i * 784 + j] = (pixels[sample * 784 + j] as number) * Math.fround(data.x.scale)
    })
    const y = Int32Array.from(samples, (sample) => data.y.data[sample] as number)
    loss.forward(model.forward(tensor(x).reshape([samples.length, 1, 28, 28])), tensor(y))
    model.backward(loss.backward())
    optimizer.update(model.parameters)
  }
}
const hash = createHash('sha256')
for (const { data: values } of [...model.params, ...model.buffers.map(({ value }) => value)]) {
  hash.update(new Uint8Array(values.slice().buffer))
}
process.stdout.write(`${backend.isa} ${hash.digest('hex')}\n`)
