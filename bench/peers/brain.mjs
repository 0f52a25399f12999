// brain.js: a network of its only kind, 784-50-10 with ReLU everywhere and a squared error. It updates after every
// sample, so that a step is 100 updates. Begins from its own random weights.

import { batch, load, readDigits, serve } from './serve.mjs'

const [, , folder] = process.argv.slice(2)
const { library: brain, version } = load('brain.js')
const { images, labels, order } = readDigits(folder)

const net = new brain.NeuralNetwork({ activation: 'relu', learningRate: 0.01 })
net.sizes = [784, 50, 10]
net.initialize()
const patterns = Array.from(order.subarray(0, 10_000), (index) => ({
  input: images.subarray(784 * index, 784 * (index + 1)),
  output: Float32Array.from({ length: 10 }, (_, digit) => (digit === labels[index] ? 1 : 0)),
}))

let cursor = 0
serve({ version, setting: 'squared error, sample by sample' }, (count) => {
  let error = 0
  for (let step = 0; step < count; step++) {
    error = 0
    for (let i = 0; i < batch; i++) {
      error += net.trainPattern(patterns[cursor], true)
      cursor = (cursor + 1) % patterns.length
    }
  }
  return error / batch
})
