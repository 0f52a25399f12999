// Trains a small convolutional network with dropout and batch normalisation on MNIST, with a checkpoint every few steps,
// and prints a hash of what it has learned: checkpoint-child.ts <checkpoint> [threads] [epochs]. Run again after it was
// killed, it goes on.

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
import { AdamW } from '../../src/optim/adamw.js'
import { oneCycle } from '../../src/schedules/one-cycle.js'
import { Sequential } from '../../src/sequential.js'
import { EarlyStopping } from '../../src/train/callbacks/early-stopping.js'
import { hasNative } from '../setup/backend.js'

const [path = '', threads = '2', epochs = '3'] = process.argv.slice(2)
const backend = hasNative ? native({ threads: Number(threads) }) : reference()
const { train } = await mnist({ flatten: false })
const data = train.slice(0, hasNative ? 20_000 : 2000)
const layers = [
  new Conv2d(8, 3),
  new MaxPool2d(2),
  new BatchNorm(),
  new ReLU(),
  new Dropout(0.2),
  new Flatten(),
  new Linear(10),
]
const model = new Sequential(layers, { seed: 1, backend })
const history = await model.fit(data, {
  epochs: Number(epochs),
  batchSize: 32,
  optimizer: new AdamW({ lr: oneCycle({ max: 0.01 }) }),
  loss: crossEntropy(),
  validationSplit: 0.1,
  callbacks: [new EarlyStopping({ patience: 10 })],
  ...(path === '' ? {} : { checkpoint: { path, everySteps: 7 }, resume: true }),
})
const hash = createHash('sha256')
for (const { data } of [...model.params, ...model.buffers.map(({ value }) => value)]) {
  hash.update(new Uint8Array(data.slice().buffer))
}
hash.update(JSON.stringify([history.loss, history.valLoss, history.lr]))
process.stdout.write(`hash ${hash.digest('hex')}\n`)
