// The notes' programs on MNIST and in training, rows 47 to 52, 66 and 83 to 94 of the table.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import {
  Adam,
  getData,
  getMiniBatch,
  imgShow,
  loadMnist,
  loadParams,
  MultiLayerNet,
  MultiLayerNetExtend,
  numericalGradient,
  predict,
  Random,
  SGD,
  SimpleConvNet,
  softmax,
  Trainer,
  TwoLayerNet,
  TwoLayerNetwork,
} from '../../src/book/index.js'
import * as vol2 from '../../src/book/vol2/index.js'
import { spiral } from '../../src/data/spiral.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { toReal } from '../../src/tensor/to-real.js'
import { hasNative } from '../setup/backend.js'
import { expectClose, randomTensor } from './check.js'

const [[xTrain, tTrain], [xTest, tTest]] = await loadMnist()

describe('row 66: gradient check on three digits', () => {
  const [x, t] = [toReal(xTrain.slice(0, 3), 'float64'), tTrain.slice(0, 3)]

  /**
   * Central differences are off where a pre-activation lies within 1e-4 times an input of a ReLU's kink; with this seed
   * none does.
   */
  function nearestKink(network: TwoLayerNet): number {
    const a = network.layers.get('Affine1')?.forward(x)
    return Math.min(...Array.from(a?.data ?? [], Math.abs))
  }

  test('all of b1, W2 and b2, and 64 of the 39,200 of W1, of 784-50-10', () => {
    const network = new TwoLayerNet(784, 50, 10, { dtype: 'float64', seed: 1 })
    expect(nearestKink(network)).toBeGreaterThan(1e-4)
    const gradients = network.gradient(x, t)
    const loss = () => network.loss(x, t)
    for (const name of ['b1', 'W2', 'b2']) {
      expectClose(gradients[name] as Tensor, numericalGradient(loss, network.params[name] as Tensor))
    }
    const { W1 } = network.params as { readonly W1: Tensor }
    const random = new Random(1)
    // Pixels that no digit uses have a gradient of 0 and prove nothing.
    const used = Array.from({ length: 784 }, (_, i) => i).filter((i) => [0, 1, 2].some((n) => x.at(n, i) > 0))
    const [got, wanted] = [new Float64Array(64), new Float64Array(64)]
    for (let k = 0; k < 64; k++) {
      const at = (used[random.below(used.length)] as number) * 50 + random.below(50)
      got[k] = gradients.W1?.data[at] as number
      wanted[k] = numericalGradient(loss, new Tensor(W1.data.subarray(at, at + 1), [1])).item()
    }
    expectClose(got, wanted)
  })

  test('every single parameter of 784-3-10', () => {
    const network = new TwoLayerNet(784, 3, 10, { dtype: 'float64', seed: 1 })
    expect(nearestKink(network)).toBeGreaterThan(1e-4)
    const [got, wanted] = [network.gradient(x, t), network.numericalGradient(x, t)]
    for (const [name, gradient] of Object.entries(got)) expectClose(gradient, wanted[name] as Tensor)
  })

  test('a convolutional network, sampled', () => {
    const convParam = { filterNum: 3, filterSize: 5, pad: 0, stride: 1 }
    const network = new SimpleConvNet({ convParam, hiddenSize: 4, weightInitStd: 0.1, dtype: 'float64', seed: 1 })
    const images = x.reshape(3, 1, 28, 28)
    // Not 0: windows that are all background would be on the kink of ReLU. Many others are near it, hence the small h.
    network.params.b1?.data.set([0.1, -0.2, 0.3])
    const gradients = network.gradient(images, t)
    for (const name of ['W1', 'b1', 'b2', 'W3', 'b3']) {
      const wanted = numericalGradient(() => network.loss(images, t), network.params[name] as Tensor, 1e-6)
      expectClose(gradients[name] as Tensor, wanted, 1e-7)
    }
  })
})

test('row 47: Conv-Relu-Pool-Affine-Relu-Affine-Softmax learns digits', () => {
  const convParam = { filterNum: 4, filterSize: 5, pad: 0, stride: 2 }
  const network = new SimpleConvNet({ convParam, hiddenSize: 20, weightInitStd: 'he', seed: 1 })
  const [images, labels] = [xTrain.slice(0, 100).reshape(100, 1, 28, 28), tTrain.slice(0, 100)]
  const optimizer = new SGD({ lr: 0.1 })
  for (let step = 0; step < 60; step++) optimizer.update(network.params, network.gradient(images, labels))
  expect(network.accuracy(images, labels)).toBeGreaterThan(0.9)
})

/** A 784-20-10 network with sigmoid after half a batch of training: its dictionary is what `predict` takes. */
function trained(): MultiLayerNet {
  const network = new MultiLayerNet(784, [20], 10, { activation: 'sigmoid', weightInitStd: 'xavier', seed: 1 })
  const [random, optimizer] = [new Random(1), new SGD({ lr: 0.5 })]
  for (let step = 0; step < 100; step++) {
    optimizer.update(network.params, network.gradient(...getMiniBatch(xTrain, tTrain, 100, random)))
  }
  return network
}

test('row 51 and row 52: images one by one and in batches of 100 give the same accuracy', async () => {
  const { params } = trained()
  const [x, t] = await getData()
  let single = 0
  let batched = 0
  for (let i = 0; i < 500; i++) {
    const y = predict(params, x.slice(i, i + 1).reshape(784))
    if (y.argMax() === t.at(i)) single++
  }
  for (let i = 0; i < 500; i += 100) {
    const y = predict(params, x.slice(i, i + 100))
    expect(y.shape).toEqual([100, 10])
    const labels = t.slice(i, i + 100)
    y.argMax(1).data.forEach((label: number, row: number) => {
      if (label === labels.at(row)) batched++
    })
  }
  expect(batched).toBe(single)
  expect(single / 500).toBeGreaterThan(0.7)
})

test('row 84: the training loop of volume 2, as it is written', () => {
  const { x, y } = spiral({ seed: 1 })
  const random = new vol2.Random(1)
  const model = new vol2.TwoLayerNet(2, 30, 3, { weightInitStd: 0.5, seed: 1 })
  const optimizer = new vol2.SGD({ lr: 1 })
  const losses: number[] = []
  for (let i = 0; i < 1000; i++) {
    const [xBatch, tBatch] = vol2.getMiniBatch(x, y, 30, random)
    const loss = model.forward(xBatch, tBatch)
    model.backward()
    optimizer.update(model.params, model.grads)
    losses.push(loss)
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length
  expect(mean(losses.slice(0, 20))).toBeGreaterThan(0.9)
  expect(mean(losses.slice(-100))).toBeLessThan(0.6)
})

describe('row 85: getMiniBatch', () => {
  test('draws with replacement, by the generator', () => {
    const x = randomTensor([10, 2])
    const t = new Tensor(
      Int32Array.from({ length: 10 }, (_, i) => i),
      [10],
    )
    const [xBatch, tBatch] = getMiniBatch(x, t, 1000, new Random(1))
    expect([xBatch.shape, tBatch.shape, tBatch.element]).toEqual([[1000, 2], [1000], 'int32'])
    const counts = Array.from({ length: 10 }, (_, label) => [...tBatch.data].filter((value) => value === label).length)
    // 100 each on average, standard deviation 9.5.
    expect(counts.every((count) => count > 60 && count < 140)).toBe(true)
    const rows = [...tBatch.data].flatMap((label) => [...x.slice(label, label + 1).data])
    expect([...xBatch.data]).toEqual(rows)
    expect(getMiniBatch(x, t, 5, new Random(1))[1].toArray()).toEqual(tBatch.slice(0, 5).toArray())
  })

  test('without a generator, each call draws anew', () => {
    const x = randomTensor([1000, 1])
    const batches = [1, 2].map(() => getMiniBatch(x, x, 10)[0].toArray())
    expect(batches[0]).not.toEqual(batches[1])
  })

  test('bytes become normalised floats; one-hot rows stay rows', () => {
    const [x, t] = getMiniBatch(xTrain, randomTensor([60_000, 3]), 4, new Random(2))
    expect([x.element, x.shape, t.shape]).toEqual(['float32', [4, 784], [4, 3]])
    expect(Math.max(...x.data)).toBeLessThanOrEqual(1)
    expect(Math.max(...x.data)).toBeGreaterThan(0.9)
    expect(() => getMiniBatch([[1]], [1, 2], 1, new Random(1))).toThrow(/expected as many samples/)
  })
})

test('row 86: training with numerical gradients', () => {
  const network = new TwoLayerNetwork(2, 5, 2, { weightInitStd: 1, seed: 1 })
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]
  const t = [0, 1, 1, 0]
  const optimizer = new SGD({ lr: 2 })
  for (let i = 0; i < 300; i++) optimizer.update(network.params, network.numericalGradient(x, t))
  expect(network.accuracy(x, t)).toBe(1)
})

test.skipIf(!hasNative)(
  'row 83 and row 87: mini-batch, gradient, update, repeat: an epoch of the headline recipe',
  async () => {
    const [[x, t], [xt, tt]] = await loadMnist({ normalize: true, oneHotLabel: true })
    const network = new TwoLayerNet(784, 50, 10, { seed: 1 })
    const random = new Random(1)
    const optimizer = new SGD({ lr: 0.1 })
    let first = 0
    let last = 0
    for (let i = 0; i < 600; i++) {
      const [xBatch, tBatch] = getMiniBatch(x, t, 100, random)
      const { loss, gradients } = network.lossAndGradient(xBatch, tBatch)
      if (i === 0) {
        first = loss
        expect(loss).toBe(network.loss(xBatch, tBatch))
      }
      optimizer.update(network.params, gradients)
      last = loss
    }
    expect(first).toBeCloseTo(Math.log(10), 1)
    expect(last).toBeLessThan(0.7)
    // The notes' table has 0.9094 after its first epoch.
    expect(network.accuracy(xt, tt)).toBeGreaterThan(0.895)
  },
)

describe('Trainer', () => {
  const make = (options: object, samples = 50) =>
    new Trainer(
      new MultiLayerNet(784, [10], 10, { seed: 1 }),
      xTrain.slice(0, samples),
      tTrain.slice(0, samples),
      xTest.slice(0, 100),
      tTest.slice(0, 100),
      { verbose: false, epochs: 3, miniBatchSize: 16, ...options },
    )

  test('row 88 and row 89: accuracies once an epoch, though the batches do not divide the samples; histories', async () => {
    const trainer = make({})
    expect([trainer.iterPerEpoch, trainer.maxIter]).toEqual([3, 9])
    const lengths: number[] = []
    for (let i = 0; i < 4; i++) {
      trainer.trainStep()
      lengths.push(trainer.testAccList.length)
    }
    // After the first step of each epoch, as line k of the notes' table.
    expect(lengths).toEqual([1, 1, 1, 2])
    await trainer.train()
    expect([trainer.trainLossList, trainer.trainAccList, trainer.testAccList].map(({ length }) => length)).toEqual([
      9, 3, 3,
    ])
    expect([...trainer.trainAccList, ...trainer.testAccList].every((value) => value >= 0 && value <= 1)).toBe(true)
    expect(make({}, 10).iterPerEpoch).toBe(1)
  })

  test('every optimizer by its name; same seed, same run', async () => {
    for (const optimizer of ['SGD', 'Momentum', 'Nesterov', 'AdaGrad', 'RMSprop', 'Adam']) {
      const [a, b] = [make({ optimizer }), make({ optimizer })]
      await Promise.all([a.train(), b.train()])
      expect(a.trainLossList).toEqual(b.trainLossList)
      expect(a.optimizer.constructor.name).toBe(optimizer)
    }
    expect(() => make({ optimizer: 'magic' })).toThrow(/optimizer is "magic", expected sgd, momentum/)
  })

  test('prints when it is asked to, and evaluates the first samples only when told so', async () => {
    const lines: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
      lines.push(line)
    })
    const trainer = make({ verbose: true, evaluateSampleNumPerEpoch: 10, optimizerParam: { lr: 0.1 } })
    await trainer.train()
    log.mockRestore()
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^epoch 1: loss [\d.]+, train acc [\d.]+, test acc [\d.]+$/)
    expect(lines[3]).toMatch(/^final test accuracy: 0\.\d+$/)
    // Tenths, of ten samples.
    expect(trainer.trainAccList.every((value) => Number.isInteger(Math.round(value * 1e6) / 1e5))).toBe(true)
  })

  test('other work goes on while it trains', async () => {
    const trainer = make({ epochs: 5 })
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await trainer.train()
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

describe('row 94: loadMnist', () => {
  test('rows, normalised, with labels', () => {
    expect([xTrain.shape, tTrain.shape, xTest.shape, tTest.shape]).toEqual([
      [60_000, 784],
      [60_000],
      [10_000, 784],
      [10_000],
    ])
    expect([tTrain.at(0), tTest.at(0)]).toEqual([5, 7])
    expect(Math.max(...xTrain.slice(0, 1).toFloat32())).toBeLessThanOrEqual(1)
    expect(xTrain.at(0, 152)).toBeCloseTo(3 / 255, 7)
  })

  test('images, raw bytes, one-hot rows', async () => {
    const [[x, t]] = await loadMnist({ normalize: false, flatten: false, oneHotLabel: true })
    expect([x.shape, t.shape]).toEqual([
      [60_000, 1, 28, 28],
      [60_000, 10],
    ])
    expect(Math.max(...x.slice(0, 1).toFloat32())).toBe(255)
    expect(t.slice(0, 1).toArray()).toEqual([[0, 0, 0, 0, 0, 1, 0, 0, 0, 0]])
    await expect(loadMnist({ one_hot_label: true } as object)).rejects.toThrow(/unknown option 'one_hot_label'/)
  })
})

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netwright-book-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('row 50 and row 96: the predictor 784-50-100-10: trained, stored, loaded, evaluated', async () => {
    const options = { activation: 'sigmoid', weightInitStd: 'xavier', seed: 1 } as const
    const network = new MultiLayerNet(784, [50, 100], 10, options)
    const [random, optimizer] = [new Random(1), new Adam({ lr: 0.01 })]
    for (let step = 0; step < 100; step++) {
      optimizer.update(network.params, network.gradient(...getMiniBatch(xTrain, tTrain, 100, random)))
    }
    const path = join(folder, 'predictor.safetensors')
    await network.saveParams(path)
    const params = await loadParams(path)
    expect(Object.keys(params).sort()).toEqual(['W1', 'W2', 'W3', 'b1', 'b2', 'b3'])
    expect(params.W2?.shape).toEqual([50, 100])
    const x = xTest.slice(0, 100)
    expect(predict(params, x).toArray()).toEqual(softmax(network.predict(x)).toArray())
    const again = new MultiLayerNet(784, [50, 100], 10, { ...options, seed: 2 })
    await again.loadParams(path)
    expect(again.predict(x).toArray()).toEqual(network.predict(x).toArray())
    expect(again.accuracy(xTest.slice(0, 1000), tTest.slice(0, 1000))).toBeGreaterThan(0.8)
  })

  test('row 96: running statistics are kept; a file of another network changes nothing', async () => {
    const make = (hidden: number) => new MultiLayerNetExtend(4, [hidden], 2, { useBatchnorm: true, seed: hidden })
    const [network, twin, other] = [make(3), make(3), make(5)]
    network.gradient(randomTensor([6, 4]), [0, 1, 0, 1, 0, 1])
    network.params.W1?.data.fill(0.25)
    const path = join(folder, 'normalised.safetensors')
    await network.saveParams(path)
    await twin.loadParams(path)
    const x = randomTensor([3, 4], 2)
    expect(twin.predict(x).toArray()).toEqual(network.predict(x).toArray())
    const before = other.predict(x).toArray()
    await expect(other.loadParams(path)).rejects.toThrow(/W1 has shape \(4, 3\), expected \(4, 5\).*runningMean/)
    await expect(new TwoLayerNet(4, 3, 2).loadParams(path)).rejects.toThrow(/gamma1 is none of the network's/)
    expect(other.predict(x).toArray()).toEqual(before)
  })

  test('row 95: imgShow prints the first digit and writes it as PNG', async () => {
    const lines: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => {
      lines.push(line)
    })
    const paths: string[] = []
    const [digit] = [xTrain.slice(0, 1)]
    for (const [i, img] of [digit, digit.reshape(28, 28), digit.toFloat32()].entries()) {
      paths.push(await imgShow(img, join(folder, `digit-${i}.png`)))
    }
    log.mockRestore()
    expect(tTrain.at(0)).toBe(5)
    expect(lines[0]?.split('\n').length).toBeGreaterThanOrEqual(14)
    expect([lines[1], lines[2]]).toEqual([lines[0], lines[0]])
    const files = paths.map((path) => readFileSync(path))
    expect(files[0]?.subarray(1, 4).toString()).toBe('PNG')
    // Width and height in the header, both big-endian.
    expect([files[0]?.readUInt32BE(16), files[0]?.readUInt32BE(20)]).toEqual([28, 28])
    expect(files[1]?.equals(files[0] as Buffer)).toBe(true)
    for (const name of ['digit.jpg', 'digit.svg', '']) {
      await expect(imgShow(digit, name)).rejects.toThrow(/^imgShow: path is ".*", expected a name that ends with .png/)
    }
    await expect(imgShow([1, 2, 3], join(folder, 'none.png'))).rejects.toThrow(/expected \(height, width\)/)
  })
})
