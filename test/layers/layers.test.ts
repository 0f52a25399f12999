// What layers answer by hand, and how they refuse.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AvgPool2d, GlobalAvgPool2d } from '../../src/layers/avg-pool2d.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Concat } from '../../src/layers/concat.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { ELU } from '../../src/layers/elu.js'
import type { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { MatMul } from '../../src/layers/mat-mul.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import { Mul } from '../../src/layers/mul.js'
import { Repeat, Sum } from '../../src/layers/repeat.js'
import { Flatten, Identity } from '../../src/layers/reshape.js'
import { LogSoftmax, Softmax } from '../../src/layers/softmax.js'
import { input } from '../../src/layers/value.js'
import { SGD } from '../../src/optim/sgd.js'
import { arange, tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failure } from '../failure.js'

const double = (values: readonly number[], shape: readonly number[]): Tensor =>
  new Tensor(Float64Array.from(values), shape)
const image = double(
  Array.from({ length: 16 }, (_, i) => i),
  [1, 1, 4, 4],
) // prettier: rows 0 1 2 3, 4 5 6 7, …

describe('Conv2d', () => {
  it('computes a cross-correlation with a bias for each filter', () => {
    const layer = new Conv2d(1, 2, 3)
    layer.forward(image)
    layer.weight.value.data.set([0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    layer.bias?.value.data.set([0.5, -1])
    expect(layer.forward(image).toArray()).toEqual([
      [
        [
          [5.5, 6.5],
          [9.5, 10.5],
        ],
        [
          [44, 53],
          [80, 89],
        ],
      ],
    ])
  })

  it.each([
    ['nothing said', {}, [26, 24]],
    ['a stride', { stride: 2 }, [13, 12]],
    ['a pair of strides', { stride: [2, 3] }, [13, 8]],
    ['padding', { padding: 1 }, [28, 26]],
    ['a pair of paddings', { padding: [1, 0] }, [28, 24]],
    ["'valid'", { padding: 'valid' }, [26, 24]],
    ["'same'", { padding: 'same' }, [28, 28]],
    ["'same' with a stride", { padding: 'same', stride: 3 }, [10, 10]],
  ] as const)('sizes with %s', (_, options, size) => {
    expect(new Conv2d(5, [3, 5], options).outputShapes([[2, 28, 28]])).toEqual([[5, ...size]])
  })

  it('refuses a window that does not fit, with the arithmetic', () => {
    expect(failure(() => new Conv2d(1, 5).apply(input([1, 28, 4])))).toEqual({
      code: 'ERR_SHAPE',
      message:
        'Conv2d: a window 5 wide does not fit into 4 columns with 0 of padding on each side: ' +
        '(4 + 2 · 0 - 5) / 1 + 1 = 0, expected at least 1. Use a smaller window or more padding.',
    })
  })

  it('refuses what is no image, other channels, and wrong options', () => {
    expect(failure(() => new Conv2d(3, 8, 3).apply(input([784]))).message).toMatch(
      /^Conv2d: expected one input of shape \(3, n, n\): \(channels, height, width\), got \(784,\)/,
    )
    expect(failure(() => new Conv2d(3, 8, 3).apply(input([1, 28, 28]))).code).toBe('ERR_SHAPE')
    expect(failure(() => new Conv2d(3, 8, 0)).message).toMatch(/^Conv2d: kernel is 0, expected a whole number from 1/)
    expect(failure(() => new Conv2d(3, 8, [3, 2.5])).code).toBe('ERR_ARGUMENT')
    expect(failure(() => new Conv2d(3, 8, 3, { padding: 'full' as 'same' })).message).toMatch(
      /^Conv2d: padding is "full".*'same' or 'valid'$/,
    )
    expect(failure(() => new Conv2d(3, 8, 3, { dilation: 2 } as object)).message).toMatch(/dilation/)
  })
})

describe('pooling', () => {
  it('MaxPool2d takes the largest of each window, padding never', () => {
    expect(new MaxPool2d(2).forward(image).toArray()).toEqual([
      [
        [
          [5, 7],
          [13, 15],
        ],
      ],
    ])
    const negative = double([-4, -3, -2, -1], [1, 1, 2, 2])
    expect(new MaxPool2d(2, { stride: 2, padding: 1 }).forward(negative).toArray()).toEqual([
      [
        [
          [-4, -3],
          [-2, -1],
        ],
      ],
    ])
  })

  it('AvgPool2d and GlobalAvgPool2d', () => {
    expect(new AvgPool2d(2).forward(image).toArray()).toEqual([
      [
        [
          [2.5, 4.5],
          [10.5, 12.5],
        ],
      ],
    ])
    const ones = double([1, 1, 1, 1], [1, 1, 2, 2])
    const corner = (countPadding: boolean) =>
      new AvgPool2d(2, { stride: 3, padding: 1, countPadding }).forward(ones).at(0, 0, 0, 0)
    expect([corner(true), corner(false)]).toEqual([0.25, 1])
    expect(new GlobalAvgPool2d().forward(image).toArray()).toEqual([[7.5]])
  })

  it('refuses padding as large as the window', () => {
    expect(failure(() => new MaxPool2d(2, { padding: 2 })).message).toMatch(/padding is \[2, 2\], expected less than/)
  })
})

describe('BatchNorm', () => {
  it('normalises by the batch in training, by what it remembers in prediction', () => {
    const layer = new BatchNorm({ momentum: 0.5, eps: 1e-12 })
    const x = double([1, 10, 3, 30], [2, 2])
    const [first, second] = layer.forward(x).toArray() as number[][]
    expect(first?.[0]).toBeCloseTo(-1, 9)
    expect(second?.[1]).toBeCloseTo(1, 9)
    // mean 2 and 20, variance 1 and 100, times 2 / (2 - 1); half of them and half of 0 and 1.
    expect(Array.from(layer.buffers[0]?.value.data ?? [])).toEqual([1, 10])
    expect(Array.from(layer.buffers[1]?.value.data ?? [])).toEqual([1.5, 100.5])
    expect(layer.predict(double([1, 10], [1, 2])).toArray()).toEqual([[0, 0]])
    expect(Array.from(layer.buffers[0]?.value.data ?? []), 'prediction remembers nothing').toEqual([1, 10])
  })

  it('keeps statistics per channel of images', () => {
    const layer = new BatchNorm()
    layer.forward(double([1, 2, 3, 4, 10, 20, 30, 40], [1, 2, 2, 2]))
    expect(layer.buffers.map(({ name, shape }) => [name, shape])).toEqual([
      ['running_mean', [2]],
      ['running_var', [2]],
    ])
    expect(layer.buffers[0]?.value.data[1]).toBeCloseTo(2.5, 12)
  })

  it('the running variance is that of n - 1, n counting samples and places', () => {
    const layer = new BatchNorm({ momentum: 1 })
    layer.forward(image)
    // Σ (i - 7.5)² over 0 … 15 is 340.
    expect(layer.buffers[1]?.value.data[0]).toBeCloseTo(340 / 15, 12)
  })

  it('a batch of one sample has no variance, and moves nothing', () => {
    const layer = new BatchNorm()
    expect(layer.forward(double([5, 7], [1, 2])).toArray()).toEqual([[0, 0]])
    expect(layer.buffers.map(({ value }) => Array.from(value.data))).toEqual([
      [0, 0],
      [1, 1],
    ])
  })

  it('refuses wrong options', () => {
    expect(failure(() => new BatchNorm({ eps: 0 })).code).toBe('ERR_ARGUMENT')
    expect(failure(() => new BatchNorm({ momentum: 1.5 })).code).toBe('ERR_ARGUMENT')
    expect(failure(() => new BatchNorm(3).apply(input([4]))).code).toBe('ERR_SHAPE')
  })
})

describe('a layer of your own that does not keep its word', () => {
  const made = (compute: () => unknown, shapes: unknown = [[2]]): Layer =>
    Object.assign(new Identity(), { compute, outputShapes: () => shapes, constructor: { name: 'Own' } })
  const x = double([1, 2], [1, 2])
  it.each([
    ['returns a tensor, not a list', () => x, /compute\(\) returned .*, expected a list of tensors of shape \(1, 2\)/],
    ['returns nothing', () => undefined, /compute\(\) returned undefined/],
    ['returns another shape', () => [double([1], [1, 1])], /compute\(\) returned \(1, 1\), expected/],
  ])('%s', (_, compute, message) => {
    expect(failure(() => made(compute).forward(x)).message).toMatch(message)
  })
  it('says a shape where a list of shapes belongs', () => {
    expect(failure(() => made(() => [x], [2]).forward(x)).message).toMatch(
      /outputShapes\(\) returned \[2\], expected a list of shapes such as \[\[10\]\]/,
    )
  })
})

it('layers print their kind and settings', () => {
  expect(String(new Linear(784, 50))).toBe('Linear(inFeatures 784, outFeatures 50, bias true)')
  expect(inspect(new Dropout(0.2))).toBe('Dropout(p 0.2)')
  expect(String(new MaxPool2d(2))).toBe('MaxPool2d(kernel [2, 2], stride [2, 2], padding [0, 0])')
})

describe('Dropout', () => {
  const x = new Tensor(new Float64Array(10_000).fill(1), [10, 1000])
  it('drops its share in training and scales the rest, another choice each time', () => {
    const layer = new Dropout(0.3, { seed: 5 })
    const first = Array.from(layer.forward(x).data)
    const dropped = first.filter((value) => value === 0).length
    // Three deviations of a binomial of 10,000: 3 · √(10,000 · 0.3 · 0.7).
    expect(Math.abs(dropped - 3000)).toBeLessThan(138)
    expect(new Set(first)).toEqual(new Set([0, 1 / 0.7]))
    expect(Array.from(layer.forward(x).data)).not.toEqual(first)
  })

  it('the gradient is dropped where the value was', () => {
    const layer = new Dropout(0.5, { seed: 5 })
    const y = layer.forward(x)
    expect(Array.from(layer.backward(x).data)).toEqual(Array.from(y.data))
  })

  it('changes nothing in prediction; p of 0 and 1', () => {
    expect(new Dropout(0.9).predict(x).data).toEqual(x.data)
    expect(new Dropout(0).forward(x).data).toEqual(x.data)
    expect(new Set(new Dropout(1).forward(x).data)).toEqual(new Set([0]))
    expect(failure(() => new Dropout(1.1)).message).toMatch(/^Dropout: p is 1.1, expected a number from 0 to 1/)
  })
})

describe('the joints of graphs', () => {
  it('Flatten goes channel by channel, and back', () => {
    const layer = new Flatten()
    const x = double(
      Array.from({ length: 12 }, (_, i) => i),
      [2, 3, 2],
    )
    expect(layer.forward(x).toArray()).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10, 11],
    ])
    expect(layer.backward(double(Array.from(x.data), [2, 6])).shape).toEqual([2, 3, 2])
    expect(new Identity().forward(x).toArray()).toEqual(x.toArray())
  })

  it('Concat, Repeat, Sum, Mul, MatMul', () => {
    const a = double([1, 2, 3, 4], [2, 2])
    const b = double([5, 6], [2, 1])
    expect(new Concat().forward(a, b).toArray()).toEqual([
      [1, 2, 5],
      [3, 4, 6],
    ])
    expect(new Repeat(2).forward(b).toArray()).toEqual([
      [[5], [5]],
      [[6], [6]],
    ])
    expect(new Sum().forward(a).toArray()).toEqual([3, 7])
    expect(new Mul().forward(a, a).toArray()).toEqual([
      [1, 4],
      [9, 16],
    ])
    const matrix = double([1, 2, 3, 4], [1, 2, 2])
    expect(new MatMul().forward(matrix, matrix).toArray()).toEqual([
      [
        [7, 10],
        [15, 22],
      ],
    ])
  })

  it('refuse shapes that do not fit', () => {
    expect(failure(() => new Concat().apply(input([2, 3]), input([2, 4]))).code).toBe('ERR_SHAPE')
    expect(failure(() => new Concat({ axis: 1 }).apply(input([2]), input([2]))).code).toBe('ERR_SHAPE')
    expect(failure(() => new Mul().apply(input([2]), input([3]))).code).toBe('ERR_SHAPE')
    expect(failure(() => new MatMul().apply(input([2, 3]), input([2, 3]))).message).toMatch(/\(m, k\) and \(k, n\)/)
    expect(failure(() => new Sum({ axis: 2 }).apply(input([2, 3]))).code).toBe('ERR_SHAPE')
  })

  it('Softmax and LogSoftmax over the last axis', () => {
    const x = tensor([
      [0.3, 2.9, 4],
      [1010, 1000, 990],
    ])
    const y = new Softmax().forward(x)
    expect(y.at(0, 2)).toBeCloseTo(0.73659691, 6)
    expect(y.at(1, 0)).toBeCloseTo(0.99995, 5)
    expect(new LogSoftmax().forward(x).at(1, 1)).toBeCloseTo(-10.0000454, 4)
  })

  it('a gradient needs a forward pass, and ELU an alpha from 0', () => {
    expect(failure(() => new Softmax().backward(arange(3))).code).toBe('ERR_STATE')
    expect(failure(() => new ELU(-1)).code).toBe('ERR_ARGUMENT')
    expect(failure(() => new Linear(3).predict()).code).toBe('ERR_SHAPE')
  })
})

describe('what is easily got wrong', () => {
  it('one input means one', () => {
    for (const layer of [new ELU(), new Flatten(), new Softmax(), new Dropout(), new Identity()]) {
      expect(failure(() => layer.apply(input([2]), input([3]))).message).toMatch(
        /: expected one input.*got \(2,\), \(3,\)/,
      )
    }
  })

  it("options that are true or false are no texts: 'false' would be true", () => {
    for (const [make, name] of [
      [() => new Linear(2, 2, { bias: 'false' as never }), 'Linear: bias'],
      [() => new BatchNorm({ affine: 0 as never }), 'BatchNorm: affine'],
      [() => new AvgPool2d(2, { countPadding: 'no' as never }), 'AvgPool2d: countPadding'],
      [() => new SGD({ momentum: 0.9, nesterov: 'true' as never }), 'SGD: nesterov'],
    ] as const) {
      expect(failure(make).message).toMatch(new RegExp(`^${name} is .*, expected true or false$`))
    }
  })

  it('Linear behind images names the remedy, and takes options also after undefined', () => {
    const images = input([8, 26, 26])
    expect(failure(() => new Linear(10).apply(images)).message).toMatch(/put a Flatten before it\), got \(8, 26, 26\)/)
    expect(new Linear(5, undefined as never, { bias: false }).hasBias).toBe(false)
  })

  it('running statistics without weights are for one number of channels, too', () => {
    const layer = new BatchNorm({ affine: false })
    layer.forward([[1, 2, 3]])
    expect(failure(() => layer.forward([[1, 2]])).message).toMatch(/expected \(3,\), for which its tensors were made/)
  })
})
