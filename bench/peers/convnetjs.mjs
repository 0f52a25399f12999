// convnetjs: the same networks, sample by sample, with its plain SGD, which is the cheapest of its trainers. It has no
// Adam. Begins from its own random weights.

import { batch, load, readDigits, serve } from './serve.mjs'

const [workload, , folder] = process.argv.slice(2)
const { library: convnetjs, version } = load('convnetjs')
const { images, labels, order } = readDigits(folder)

const dense = (neurons) => ({ type: 'fc', num_neurons: neurons, activation: 'relu' })
const hidden = {
  mlp50: [dense(50)],
  mlp512: [dense(512), dense(512)],
  simpleconv: [
    { type: 'conv', sx: 5, filters: 30, stride: 1, pad: 0, activation: 'relu' },
    { type: 'pool', sx: 2, stride: 2 },
    dense(100),
  ],
}[workload]

const side = workload === 'simpleconv' ? 28 : 1
const depth = 784 / (side * side)
const net = new convnetjs.Net()
net.makeLayers([
  { type: 'input', out_sx: side, out_sy: side, out_depth: depth },
  ...hidden,
  { type: 'softmax', num_classes: 10 },
])
const trainer = new convnetjs.Trainer(net, { method: 'sgd', learning_rate: 0.1, momentum: 0, batch_size: batch })
// Vols are doubles: the first 10,000 digits in the order of all.
const samples = Array.from(order.subarray(0, 10_000), (index) => {
  const vol = new convnetjs.Vol(side, side, depth, 0)
  vol.w.set(images.subarray(784 * index, 784 * (index + 1)))
  return { vol, label: labels[index] }
})

let cursor = 0
serve({ version, setting: 'SGD' }, (count) => {
  let loss = 0
  for (let step = 0; step < count; step++) {
    loss = 0
    for (let i = 0; i < batch; i++) {
      const { vol, label } = samples[cursor]
      loss += trainer.train(vol, label).cost_loss
      cursor = (cursor + 1) % samples.length
    }
  }
  return loss / batch
})
