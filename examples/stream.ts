// Trains on more data than memory holds: 5 GB that a generator makes, read while the network learns from them.
// STREAM_SAMPLES in the environment says how many samples (4 kB each) in place of 1,250,000.

import { crossEntropy, DataStream, Linear, Random, ReLU, Sequential, SGD, tensor } from 'netwright'

const length = Number(process.env.STREAM_SAMPLES ?? 1_250_000)
const stream = new DataStream(
  async function* () {
    const random = new Random(1, 'samples')
    for (let made = 0; made < length; made += 1000) {
      const x = new Float32Array(1000 * 1000).map((_, i) => ((i * 7 + made) % 11) - 5)
      const y = Array.from({ length: 1000 }, () => random.below(4))
      for (const [row, label] of y.entries()) x.fill(6, row * 1000 + label * 8, row * 1000 + label * 8 + 8)
      yield { x: tensor(x, [1000, 1000]), y }
    }
  },
  { length },
)
const model = new Sequential([new Linear(1000, 32), new ReLU(), new Linear(32, 4)], { seed: 1 })
const { loss, accuracy } = await model.fit(stream, {
  optimizer: new SGD({ lr: 0.01 }),
  loss: crossEntropy(),
  batchSize: 100,
})
const megabytes = process.resourceUsage().maxRSS / 1024
console.log(
  `${(length * 4e-6).toFixed(2)} GB, loss ${loss}, accuracy ${accuracy}, at most ${megabytes.toFixed(0)} MB of memory`,
)
