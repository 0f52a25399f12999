// predict: what it reads, what it answers, and that one call leaves no trace in the next.

import { describe, expect, it } from 'vitest'
import { Add } from '../../src/layers/add.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import type { Node } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Model } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { Random } from '../../src/random/random.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { trainingBackends } from './models.js'
import { HostSquare } from './toy-graph.js'

const error = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error

/** Bytes that stand for numbers from 0 to 1. */
function bytes(...shape: readonly number[]): Tensor {
  const random = new Random(5, 'bytes')
  const size = shape.reduce((a, b) => a * b)
  return new Tensor(
    Uint8Array.from({ length: size }, () => random.below(256)),
    shape,
    { scale: 1 / 255 },
  )
}

describe.each(trainingBackends())('predict on %s', (_, backend) => {
  const images = () =>
    new Sequential([new Conv2d(3, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(20), new Linear(5)], {
      inputShape: [1, 8, 8],
      seed: 2,
      backend,
    })

  it('takes large images a few at a time, each of them its own', () => {
    const model = new Sequential([new Conv2d(8, 3), new ReLU(), new MaxPool2d(2)], { inputShape: [3, 64, 64], backend })
    const x = bytes(6, 3, 64, 64)
    const floats = new Tensor(x.toFloat32(), x.shape)
    const expected = model.forward(floats).data
    expect(model.predict(floats).data).toEqual(expected)
    expect(model.predict(x).data).toEqual(expected)
  })

  it('gives the bits of its rows one by one and of forward by hand, from floats and from bytes', () => {
    const x = bytes(300, 1, 8, 8)
    const floats = new Tensor(x.toFloat32(), x.shape)
    const model = images()
    const expected = model.forward(floats).data
    expect(model.predict(x).data).toEqual(expected)
    expect(model.predict(floats).data).toEqual(expected)
    for (const row of [0, 1, 299]) {
      const alone = expected.slice(row * 5, row * 5 + 5)
      expect(model.predict(x.slice(row, row + 1)).data).toEqual(alone)
      expect(model.predict(floats.slice(row, row + 1).reshape(1, 8, 8)).data).toEqual(alone)
      expect(model.predict(floats.slice(row, row + 1).toArray()).data).toEqual(alone)
    }
    const unscaled = new Tensor(x.data, x.shape)
    expect(model.predict(unscaled).data).toEqual(model.forward(unscaled).data)
  })

  it('gives every part of a batch its own samples, where calls run depth first', () => {
    // Some four samples fit into the cache together.
    const layers = [new Conv2d(16, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(3)]
    const model = new Sequential(layers, { inputShape: [1, 28, 28], seed: 2, backend })
    const x = bytes(30, 1, 28, 28)
    const floats = new Tensor(x.toFloat32(), x.shape)
    for (const rows of [30, 7, 30]) {
      const expected = model.forward(floats.slice(0, rows)).data
      expect(model.predict(floats.slice(0, rows)).data).toEqual(expected)
      expect(model.predict(x.slice(0, rows)).data).toEqual(expected)
    }
  })

  it('takes batches of any size, element and shape in turns', () => {
    const x = bytes(600, 1, 8, 8)
    const floats = new Tensor(x.toFloat32(), x.shape)
    const [model, fresh] = [images(), images()]
    const expected = fresh.predict(x).data
    for (const [begin, end] of [
      [0, 1],
      [3, 10],
      [0, 600],
      [5, 5],
      [5, 6],
      [256, 512],
      [255, 512],
      [5, 6],
    ] as const) {
      const want = expected.slice(begin * 5, end * 5)
      for (const given of [x, floats, new Tensor(Float64Array.from(floats.data), x.shape)]) {
        const { data, shape } = model.predict(given.slice(begin, end))
        expect(shape).toEqual([end - begin, 5])
        expect(data).toEqual(want)
      }
    }
    // More kinds of input than the model keeps plans for.
    for (const scale of [1, 2, 3, 4, 5, 1]) {
      const scaled = new Tensor(x.data, x.shape, { scale })
      expect(model.predict(scaled).data).toEqual(fresh.forward(scaled).data)
    }
  })

  it('answers ordinary arrays of their own, and leaves its inputs as they are', () => {
    const model = images()
    const x = new Tensor(bytes(2, 1, 8, 8).toFloat32(), [2, 1, 8, 8])
    const before = x.toFloat32()
    const first = model.predict(x)
    const copy = first.data.slice()
    expect(first.data.buffer).toBeInstanceOf(ArrayBuffer)
    expect(first.data.byteLength).toBe(first.data.buffer.byteLength)
    first.data.fill(7)
    const second = model.predict(x)
    expect(second.data).toEqual(copy)
    model.predict(x.slice(1))
    expect(second.data).toEqual(copy)
    expect(x.data).toEqual(before)
    // The next call reads the array anew.
    x.data.fill(0)
    expect(model.predict(x).data).not.toEqual(copy)
  })

  it('copies where layers pass the input on as it is', () => {
    const model = new Sequential([new Flatten(), new Dropout()], { inputShape: [2, 2], backend })
    const x = new Tensor(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2])
    const y = model.predict(x)
    expect(y.toArray()).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
    expect(y.data.buffer).not.toBe(x.data.buffer)
  })

  it('takes several inputs, of different elements', () => {
    const [a, b] = [input([6]), input([6])]
    const model = new Model([a, b], new Add().apply(new Linear(4).apply(a), new Linear(4).apply(b)), { backend })
    const x = bytes(7, 6)
    const floats = new Tensor(x.toFloat32(), x.shape)
    const expected = model.predict(floats, floats).data
    for (const [left, right] of [
      [x, floats],
      [floats, x],
      [x, x],
    ] as const) {
      expect(model.predict(left, right).data).toEqual(expected)
    }
    expect(() => model.predict(x, floats.slice(1))).toThrow(error('ERR_SHAPE', /same number of samples/))
    expect(() => model.predict(x)).toThrow(error('ERR_SHAPE', /takes samples of shape \(6,\), \(6,\)/))
    expect(() => model.predict(x, 3)).toThrow(error('ERR_SHAPE', /expected samples, got 3/))
  })

  it('runs plain JavaScript on inputs of any batch, and refuses to be called by it', () => {
    let nested: (() => unknown) | undefined
    class Calling extends Layer {
      compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        const y = node.empty(x.shape)
        node.kernels.host(
          ([out], [values]) => {
            out?.data.set(values?.data ?? [])
            nested?.()
          },
          [y],
          [x],
        )
        return [y]
      }
      differentiate(_: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
        return [dy]
      }
    }
    const model = new Sequential([new HostSquare(), new Calling(), new Linear(3, 2), new HostSquare()], { backend })
    const x = new Tensor(
      Float32Array.from({ length: 900 }, (_, i) => i / 100),
      [300, 3],
    )
    const expected = model.forward(x).data
    expect(model.predict(x).data).toEqual(expected)
    nested = () => model.predict(x)
    expect(() => model.predict(x)).toThrow(error('ERR_STATE', /predict: called by plain JavaScript/))
    const other = new Sequential([new Linear(3, 1)], { backend })
    nested = () => other.predict(x)
    expect(model.predict(x).data).toEqual(expected)
    expect(model.predict(x.slice(0, 2)).data).toEqual(expected.slice(0, 4))
  })

  it('refuses a layer that would write to the input', () => {
    class InPlace extends Layer {
      compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
        node.kernels.reluForward({ y: x, x, n: x.size })
        return [x]
      }
      differentiate(_: Node, [dy]: readonly [Tensor]): readonly Tensor[] {
        return [dy]
      }
    }
    const model = new Sequential([new InPlace()], { inputShape: [2], backend })
    expect(() => model.predict([[1, -2]])).toThrow(error('ERR_RECORDING', /reluForward: y is the model's input/))
  })

  it('during fit gives what the model gives between two steps', async () => {
    const model = images()
    const x = bytes(64, 1, 8, 8)
    const labels = new Tensor(
      Int32Array.from({ length: 64 }, (_, i) => i % 5),
      [64],
    )
    const seen: unknown[] = []
    await model.fit(x, labels, {
      epochs: 3,
      batchSize: 8,
      optimizer: new SGD({ lr: 0.1 }),
      loss: crossEntropy(),
      callbacks: [{ onEpochEnd: () => void seen.push(model.predict(x).data) }],
    })
    expect(seen[2]).toEqual(model.predict(x).data)
    expect(seen[1]).not.toEqual(seen[2])
  })
})
