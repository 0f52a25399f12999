// Determinism across threads and jobs on the native backend: same seed, same bits.

import { describe, expect, it } from 'vitest'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { AvgPool2d } from '../../src/layers/avg-pool2d.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { GELU } from '../../src/layers/gelu.js'
import type { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { bufferBits, weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'

// Wide enough that every product, the gradients' sums and the optimizer are cut into chunks and go to several threads.
const { x, y } = toyData(450, 300, 10)

function model(isa: string, threads: number): Sequential {
  const layers = [new Linear(300, 257), new ReLU(), new Linear(257, 130), new ReLU(), new Linear(130, 10)]
  return new Sequential(layers, { seed: 9, backend: native({ isa, threads }) })
}
// Images large enough that each kernel's work is cut, and a last batch of other size.
const images = new Tensor(
  Float32Array.from({ length: 450 * 2 * 14 * 14 }, (_, i) => Math.fround(Math.sin(i * i))),
  [450, 2, 14, 14],
)
function imageModel(isa: string, threads: number): Sequential {
  return new Sequential(
    [
      new Conv2d(16, 3, { padding: 1, init: 'he' }),
      new BatchNorm(),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(24, 3, { padding: 'same', init: 'he' }),
      new GELU(),
      new Dropout(0.3),
      new AvgPool2d(2),
      new Flatten(),
      new Linear(10),
    ],
    { seed: 9, backend: native({ isa, threads }) },
  )
}

const options = () => ({ epochs: 2, batchSize: 128, optimizer: new SGD({ lr: 0.05 }), loss: crossEntropy() })

describe.each(availableIsas())('%s', (isa) => {
  it('1, 2, 3 and 5 threads give the same bits', async () => {
    const bits: string[] = []
    for (const threads of [1, 2, 3, 5]) {
      const trained = model(isa, threads)
      await trained.fit(x, y, options())
      bits.push(weightBits(trained))
    }
    expect(new Set(bits).size).toBe(1)
  })

  it('nor do convolutions, pooling, batch normalisation and dropout depend on the threads', async () => {
    const bits: string[] = []
    for (const threads of [1, 2, 3, 5]) {
      const trained = imageModel(isa, threads)
      await trained.fit(images, y, { ...options(), epochs: 1, batchSize: 100, optimizer: new Adam(), l2: 1e-3 })
      bits.push(`${weightBits(trained)} ${bufferBits(trained)}`)
    }
    expect(new Set(bits).size).toBe(1)
  })

  it('nor do clipping, accumulation, groups, frozen layers and averages', async () => {
    const bits: string[] = []
    for (const threads of [1, 2, 3]) {
      const trained = imageModel(isa, threads)
      const { layers } = trained.graphFor([[2, 14, 14]])
      const [first, , , , second] = layers as [Layer, Layer, Layer, Layer, Layer]
      first.freeze()
      await trained.fit(images, y, {
        ...options(),
        epochs: 1,
        batchSize: 50,
        optimizer: new Adam(),
        accumulate: 2,
        clipNorm: 0.5,
        clipValue: 0.1,
        ema: 0.9,
        groups: [{ layers: second, lrFactor: 0.1 }],
      })
      bits.push(`${weightBits(trained)} ${bufferBits(trained)}`)
      const wide = model(isa, threads)
      await wide.fit(x, y, { ...options(), clipNorm: 0.1, ema: 0.99 })
      bits.push(weightBits(wide))
    }
    expect(new Set(bits).size).toBe(2)
  })

  it('a prediction in the middle of training sees the weights of one step', async () => {
    const training = model(isa, 2)
    const rows = 600
    const same = new Tensor(new Float32Array(rows * 300).fill(0.5), [rows, 300])
    let mixed = 0
    let predictions = 0
    const seen = new Set<number>()
    let done = false
    // Until enough was seen, however slow the machine.
    const enough = new AbortController()
    const fitting = training.fit(x, y, { ...options(), epochs: 100_000, signal: enough.signal }).then(() => {
      done = true
    })
    while (!done) {
      const { data } = training.predict(same)
      for (let row = 1; row < rows; row++) if (data[row * 10] !== data[0]) mixed++
      seen.add(data[0] as number)
      predictions++
      if (predictions >= 20 && seen.size >= 3) enough.abort()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await fitting
    expect(mixed).toBe(0)
  })

  it('two models training at once do not disturb each other', async () => {
    const alone = model(isa, 2)
    await alone.fit(x, y, options())
    const together = [model(isa, 2), model(isa, 2), model(isa, 1)]
    await Promise.all(together.map((one) => one.fit(x, y, options())))
    expect(new Set([alone, ...together].map(weightBits)).size).toBe(1)
  })
})
