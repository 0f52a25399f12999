// The notes' layers, rows 26 to 37 of the table; each gradient against central differences in float64.

import { describe, expect, test } from 'vitest'
import {
  Affine,
  BatchNormalization,
  type BookLayer,
  crossEntropyError,
  Dropout,
  IdentityWithLoss,
  MatMul,
  numericalGradient,
  Relu,
  Sigmoid,
  SoftmaxWithLoss,
  softmax,
} from '../../src/book/index.js'
import { tensor } from '../../src/tensor/create.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { checkLayer, expectClose, randomTensor } from './check.js'

const scaled = (x: Tensor, factor: number) => [...x.data].map((value) => value * factor)

describe('row 26: SoftmaxWithLoss', () => {
  const x = randomTensor([3, 4])
  const rows = [
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ]

  test('labels and one-hot rows give the same, (y - t) / N', () => {
    for (const t of [[1, 0, 3], rows]) {
      const layer = new SoftmaxWithLoss()
      expect(layer.forward(x, t)).toBeCloseTo(crossEntropyError(softmax(x), t), 5)
      const wanted = rows.flat().map((value, i) => ((softmax(x).data[i] as number) - value) / 3)
      expectClose(layer.backward().reshape(-1), wanted, 1e-14)
      expectClose(
        layer.backward(),
        numericalGradient(() => new SoftmaxWithLoss().forward(x, t), x),
        1e-9,
      )
    }
  })

  test('backward multiplies by dout', () => {
    const layer = new SoftmaxWithLoss()
    layer.forward(x, [1, 0, 3])
    expectClose(layer.backward(2.5).reshape(-1), scaled(layer.backward(), 2.5), 1e-14)
  })

  test('one sample is divided by 1, not by its number of classes', () => {
    const layer = new SoftmaxWithLoss()
    for (const t of [2, [0, 0, 1]]) {
      expect(layer.forward([0.3, 2.9, 4], t)).toBeCloseTo(-Math.log(0.73659691), 7)
      expectClose(layer.backward(), [0.01821127, 0.24519181, 0.73659691 - 1])
    }
  })

  test('logits that overflow an exponential have a loss, which the 1e-7 of the book would cap', () => {
    expect(new SoftmaxWithLoss().forward([1000, 0], 1)).toBe(1000)
  })

  test('errors: before forward, targets that do not fit, labels out of range', () => {
    expect(() => new SoftmaxWithLoss().backward()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }))
    expect(() => new SoftmaxWithLoss().forward(x, [1, 2])).toThrow(/expected labels \(3,\) or rows \(3, 4\)/)
    expect(() => new SoftmaxWithLoss().forward(x, [1, 2, 4])).toThrow(/label of sample 2 is 4/)
  })
})

test('row 27: with one-hot rows the gradient is not zero', () => {
  const layer = new SoftmaxWithLoss()
  layer.forward([[1, 2]], [[1, 0]])
  const gradient = layer.backward()
  expectClose(gradient, [[0.26894142 - 1, 0.73105858]])
})

test('row 28: identity and squared error: backward is y - t', () => {
  const layer = new IdentityWithLoss()
  expect(layer.forward([1, 2], [0.5, 4])).toBeCloseTo(0.5 * (0.25 + 4), 14)
  expect(layer.backward().toArray()).toEqual([0.5, -2])
  const [x, t] = [randomTensor([3, 2]), randomTensor([3, 2], 2)]
  layer.forward(x, t)
  expectClose(
    layer.backward(3),
    numericalGradient(() => 3 * new IdentityWithLoss().forward(x, t), x),
    1e-9,
  )
  expect(() => new IdentityWithLoss().backward()).toThrow(/before forward/)
})

test('row 29: every layer has forward, backward, params and grads, one gradient for each parameter', () => {
  const W = randomTensor([3, 2])
  const layers: BookLayer[] = [
    new Affine(W, [0, 0]),
    new MatMul(W),
    new Relu(),
    new Sigmoid(),
    new Dropout(),
    new BatchNormalization([1, 1, 1], [0, 0, 0]),
  ]
  for (const layer of layers) {
    const gradients = layer.grads.map((gradient) => gradient)
    const y = layer.forward(randomTensor([4, 3]))
    expect(layer.backward(y).shape).toEqual([4, 3])
    expect(layer.grads.map(({ shape }) => shape)).toEqual(layer.params.map(({ shape }) => shape))
    // Written in place: an optimizer may hold on to them.
    expect(layer.grads.every((gradient, i) => gradient === gradients[i])).toBe(true)
  }
})

test('row 30: Relu has its mask, and leaves dout and x alone', () => {
  const layer = new Relu()
  const x = tensor([
    [1, -0.5],
    [-2, 3],
  ])
  expect(layer.forward(x).toArray()).toEqual([
    [1, 0],
    [0, 3],
  ])
  expect(layer.mask.toArray()).toEqual([
    [0, 1],
    [1, 0],
  ])
  const dout = tensor([
    [1, 2],
    [3, 4],
  ])
  expect(layer.backward(dout).toArray()).toEqual([
    [1, 0],
    [0, 4],
  ])
  expect(dout.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(x.toArray()).toEqual([
    [1, -0.5],
    [-2, 3],
  ])
  checkLayer(new Relu(), randomTensor([3, 4]))
  expect(() => new Relu().backward([1])).toThrow(/before forward/)
})

test('row 31: Sigmoid keeps its output for backward', () => {
  const layer = new Sigmoid()
  layer.forward([0])
  expect(layer.backward([1]).toArray()).toEqual([0.25])
  checkLayer(new Sigmoid(), randomTensor([3, 4]))
  expect(() => new Sigmoid().backward([1])).toThrow(/before forward/)
})

describe('Affine', () => {
  test('row 32: x · W + b, and dx, dW, db', () => {
    const layer = new Affine(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [10, 20, 30],
    )
    expect(
      layer
        .forward([
          [1, 1],
          [0, 2],
        ])
        .toArray(),
    ).toEqual([
      [15, 27, 39],
      [18, 30, 42],
    ])
    const dx = layer.backward([
      [1, 0, 0],
      [0, 0, 2],
    ])
    expect(dx.toArray()).toEqual([
      [1, 4],
      [6, 12],
    ])
    expect(layer.dW.toArray()).toEqual([
      [1, 0, 0],
      [1, 0, 4],
    ])
    expect(layer.db.toArray()).toEqual([1, 0, 2])
    expect(layer.params).toEqual([layer.W, layer.b])
    expect(layer.grads).toEqual([layer.dW, layer.db])
    checkLayer(new Affine(randomTensor([4, 3]), randomTensor([3], 2)), randomTensor([5, 4], 3))
  })

  test('row 32: sees parameters that change in place, and refuses shapes that do not fit', () => {
    const W = tensor([[1], [1]])
    const layer = new Affine(W, [0])
    expect(layer.W).toBe(W)
    W.data[0] = 5
    expect(layer.forward([[1, 1]]).toArray()).toEqual([[6]])
    expect(() => layer.forward([[1, 2, 3]])).toThrow(/expected \(N, …\) with 2 elements a sample/)
    expect(() => new Affine(W, [0, 0])).toThrow(/b has shape \(2,\), expected \(1,\)/)
    expect(() => layer.backward([[1, 2]])).toThrow(/expected \(1, 1\)/)
    expect(() => new Affine(W, [0]).backward([[1]])).toThrow(/before forward/)
  })

  test('row 33: images are seen as rows, and their gradient is an image again', () => {
    const layer = new Affine(randomTensor([12, 3]), randomTensor([3], 2))
    const x = randomTensor([2, 3, 2, 2], 3)
    expect(layer.forward(x).toArray()).toEqual(layer.forward(x.reshape(2, 12)).toArray())
    checkLayer(layer, x)
    expect(layer.forward(x.reshape(2, 12).slice(0, 1).reshape(12)).shape).toEqual([3])
  })
})

test('row 34: MatMul takes a matrix of any number of rows, and copies its gradient into place', () => {
  checkLayer(new MatMul(randomTensor([4, 3])), randomTensor([5, 4], 2))
  const layer = new MatMul([
    [1, 2],
    [3, 4],
  ])
  layer.forward([[1, 1]])
  layer.backward([[1, 0]])
  const [dW] = layer.grads
  const first = dW.toArray()
  layer.forward([[2, 2]])
  layer.backward([[1, 0]])
  expect(layer.grads[0]).toBe(dW)
  expect([first, dW.toArray()]).toEqual([
    [
      [1, 0],
      [1, 0],
    ],
    [
      [2, 0],
      [2, 0],
    ],
  ])
})

describe('row 35: BatchNormalization', () => {
  const ones = (n: number) => Array.from({ length: n }, () => 1)
  const zeros = (n: number) => Array.from({ length: n }, () => 0)

  test('divides by the standard deviation, with an epsilon of 1e-6', () => {
    const layer = new BatchNormalization([2], [3])
    const y = layer.forward([[1], [3]])
    const deviation = Math.sqrt(1 + 1e-6)
    expectClose(y, [[3 - 2 / deviation], [3 + 2 / deviation]], 1e-14, 0)
  })

  test('gradients through the statistics, of rows and of images', () => {
    checkLayer(new BatchNormalization(randomTensor([3]), randomTensor([3], 2)), randomTensor([5, 3], 3))
    checkLayer(new BatchNormalization(randomTensor([2]), randomTensor([2], 2)), randomTensor([3, 2, 2, 3], 3))
  })

  test('images have statistics per channel, not per pixel', () => {
    const y = new BatchNormalization(ones(2), zeros(2)).forward(randomTensor([4, 2, 3, 3]))
    for (const channel of [0, 1]) {
      const values = [...y.data].filter((_, i) => Math.floor(i / 9) % 2 === channel)
      const mean = values.reduce((a, b) => a + b, 0) / 36
      expect(mean).toBeCloseTo(0, 12)
      expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 36).toBeCloseTo(1, 5)
    }
  })

  test('momentum weighs the old value; the variance begins at 1 and takes in the unbiased one', () => {
    const layer = new BatchNormalization([1], [0])
    layer.forward([[1], [3], [5]])
    expect(layer.runningMean.item()).toBeCloseTo(0.1 * 3, 14)
    expect(layer.runningVar.item()).toBeCloseTo(0.9 * 1 + 0.1 * 4, 14)
    layer.forward([[100], [200]], false)
    expect(layer.runningMean.item()).toBeCloseTo(0.1 * 3, 14)
  })

  test('evaluation uses the running statistics, and those given are not changed', () => {
    const given = tensor([2], undefined, { element: 'float64' })
    const layer = new BatchNormalization([1], [0], { momentum: 0.5, runningMean: given, runningVar: [4] })
    const deviation = Math.sqrt(4 + 1e-6)
    expectClose(layer.forward([[6]], false), [[4 / deviation]], 1e-14, 0)
    layer.forward([[6], [6]])
    expect([given.item(), layer.runningMean.item()]).toEqual([2, 4])
  })

  test('errors: backward before training, another number of channels, a momentum above 1', () => {
    const layer = new BatchNormalization([1], [0])
    layer.forward([[1]], false)
    expect(() => layer.backward([[1]])).toThrow(/before forward\(\) in training/)
    expect(() => layer.forward([[1, 2]])).toThrow(/expected \(N, 1, …\)/)
    expect(() => new BatchNormalization([1], [0], { momentum: 2 })).toThrow(/momentum is 2/)
  })
})

describe('row 37: Dropout', () => {
  const x = randomTensor([40, 50])
  const zeroShare = (y: Tensor) => [...y.data].filter((value) => value === 0).length / y.size

  test('training drops about the ratio and leaves the rest as it is; backward drops the same', () => {
    const layer = new Dropout(0.3, { seed: 1 })
    const y = layer.forward(x)
    expect(zeroShare(y)).toBeCloseTo(0.3, 1)
    expect(y.data.every((value: number, i: number) => value === 0 || value === x.data[i])).toBe(true)
    const dx = layer.backward(x)
    expect(dx.toArray()).toEqual(y.toArray())
  })

  test('evaluation is x · (1 - ratio)', () => {
    expectClose(new Dropout(0.3).forward(x, false).reshape(-1), scaled(x, 1 - 0.3), 1e-15)
  })

  test('a new mask each time, the same masks for the same seed', () => {
    const [a, b, other] = [new Dropout(0.5, { seed: 1 }), new Dropout(0.5, { seed: 1 }), new Dropout(0.5, { seed: 2 })]
    const masks = [a, b, other].map((layer) => [layer.forward(x).toArray(), layer.forward(x).toArray()])
    expect(masks[0]).toEqual(masks[1])
    expect(masks[0]?.[0]).not.toEqual(masks[0]?.[1])
    expect(masks[0]).not.toEqual(masks[2])
  })

  test('ratios 0 and 1; before training backward is an error', () => {
    const [all, none] = [new Dropout(0), new Dropout(1)]
    expect(all.forward(x).toArray()).toEqual(x.toArray())
    expect(zeroShare(none.forward(x))).toBe(1)
    expect(zeroShare(none.forward(x, false))).toBe(1)
    expect(zeroShare(none.backward(x))).toBe(1)
    expect(() => new Dropout().backward(x)).toThrow(/before forward\(\) in training/)
    expect(() => new Dropout(1.5)).toThrow(/dropoutRatio is 1.5/)
  })
})
