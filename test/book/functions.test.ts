// The notes' functions, row by row of the table: products, activations, output functions, losses.

import { describe, expect, test } from 'vitest'
import {
  crossEntropyError,
  dot,
  identityFunction,
  meanSquaredError,
  ndindex,
  relu,
  sigmoid,
  softmax,
  softmaxNaive,
  stepFunction,
} from '../../src/book/index.js'
import { mul } from '../../src/math.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { expectClose } from './check.js'

const row = (x: Tensor, i: number): Tensor => x.slice(i, i + 1).reshape(-1)
const sum = (x: Tensor): number => [...x.data].reduce((total, value) => total + value, 0)

test('row 01: the product of two vectors is a number', () => {
  expect(dot([1, 2, 3], [4, 5, 6])).toBe(32)
})

test('row 02: (N,I) · (I,O) → (N,O); shapes that do not fit are an error with both', () => {
  const y = dot(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [
      [1, 0, 2],
      [0, 1, 3],
    ],
  ) as Tensor
  expect(y.toArray()).toEqual([
    [1, 2, 8],
    [3, 4, 18],
    [5, 6, 28],
  ])
  expect(() => dot([[1, 2]], [[1, 2]])).toThrow(/\(1, 2\) and \(1, 2\)/)
})

test('row 03: A * B element by element has their shape', () => {
  const product = mul(
    [
      [1, 2],
      [3, 4],
    ],
    [
      [10, 20],
      [30, 40],
    ],
  )
  expect(product.toArray()).toEqual([
    [10, 40],
    [90, 160],
  ])
})

test('row 12: every index of (2,3,2) in C order', () => {
  const indices = [...ndindex([2, 3, 2])]
  expect(indices).toHaveLength(12)
  expect(indices.slice(0, 4)).toEqual([
    [0, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
    [0, 1, 1],
  ])
  const x = new Tensor(
    Float64Array.from({ length: 12 }, (_, i) => i),
    [2, 3, 2],
  )
  expect(indices.map((index) => x.at(...index))).toEqual([...x.data])
  expect([...ndindex([2, 0])]).toEqual([])
  expect([...ndindex([])]).toEqual([[]])
})

test('row 13: a perceptron fires where its weighted sum is above 0', () => {
  const and = (x: readonly number[]): number => stepFunction((dot(x, [0.5, 0.5]) as number) - 0.7)
  expect(
    [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ].map(and),
  ).toEqual([0, 0, 0, 1])
  expect(sigmoid((dot([1, 0.5], [0.1, 0.2]) as number) + 0.1)).toBeCloseTo(0.57444252, 8)
})

test('row 14: stepFunction gives integers, and 0 at 0', () => {
  const y = stepFunction([-1, 0, 2])
  expect(y.element).toBe('int32')
  expect(y.toArray()).toEqual([0, 0, 1])
  expect(stepFunction(3)).toBe(1)
})

test('row 15: sigmoid overflows nowhere', () => {
  expectClose(sigmoid([-1, 1, 2]), [0.26894142, 0.73105858, 0.88079708])
  expect(sigmoid(0)).toBe(0.5)
  expect(sigmoid([-1000, 1000]).toArray()).toEqual([0, 1])
  expect(sigmoid(new Float32Array([-1000, 0])).element).toBe('float32')
})

test('row 16: relu is an element-wise maximum', () => {
  expect(
    relu([
      [-1, 2],
      [0.5, -3],
    ]).toArray(),
  ).toEqual([
    [0, 2],
    [0.5, 0],
  ])
  expect(relu(-4)).toBe(0)
})

test('row 17: identityFunction gives x', () => {
  expect(identityFunction([1.5, -2]).toArray()).toEqual([1.5, -2])
  expect(identityFunction(7)).toBe(7)
})

describe('softmax', () => {
  test('row 18: as it is defined it overflows', () => {
    expectClose(softmaxNaive([0.3, 2.9, 4]), [0.01821127, 0.24519181, 0.73659691])
    expect([...softmaxNaive([1010, 1000, 990]).data].every(Number.isNaN)).toBe(true)
    expect(() => softmaxNaive([[1, 2]])).toThrow(/softmax takes batches/)
  })

  test('row 19: one sample, also with large numbers', () => {
    expectClose(softmax([0.3, 2.9, 4]), [0.01821127, 0.24519181, 0.73659691])
    expectClose(softmax([1010, 1000, 990]), [9.999546e-1, 4.53978686e-5, 2.06106005e-9], 1e-14)
    expect(sum(softmax([0.3, 2.9, 4]))).toBeCloseTo(1, 14)
  })

  test('row 20: a batch by rows; adding a constant changes nothing', () => {
    const x = [
      [0.3, 2.9, 4],
      [1010, 1000, 990],
    ]
    const y = softmax(x)
    expect([0, 1].map((i) => sum(row(y, i)))).toEqual([expect.closeTo(1, 14), expect.closeTo(1, 14)])
    x.forEach((values, i) => {
      expectClose(row(y, i), softmax(values), 1e-14)
    })
    expectClose(softmax(x.map((values) => values.map((value) => value + 100))), y, 1e-13, 0)
  })
})

// The book's example: class 2 has probability 0.6.
const y = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]
const t = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]

test('row 21: ½ Σ (y - t)², the mean of it over a batch', () => {
  expect(meanSquaredError(y, t)).toBeCloseTo(0.0975, 12)
  expect(meanSquaredError([y, y], [t, t])).toBeCloseTo(0.0975, 12)
  expect(() => meanSquaredError(y, 2)).toThrow(/t has shape \(\), expected \(10,\)/)
})

test('row 22: cross-entropy of one sample', () => {
  expect(crossEntropyError(y, t)).toBeCloseTo(0.510825457099338, 12)
  // A probability of 0 for the right class: no Infinity.
  expect(crossEntropyError([1, 0], [0, 1])).toBeCloseTo(-Math.log(1e-7), 10)
})

test('row 23: cross-entropy of a batch of one-hot rows is the mean, and uses t, not y', () => {
  // -Σ y · ln y of the same y is 1.297: the notes' code has y where t belongs.
  expect(crossEntropyError([y], [t])).toBeCloseTo(0.510825457099338, 12)
  expect(crossEntropyError(y, t)).toBe(crossEntropyError([y], [t]))
  const other = [0, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0]
  expect(crossEntropyError([y, other], [t, t])).toBeCloseTo((0.510825457099338 - Math.log(0.5 + 1e-7)) / 2, 12)
})

test('row 24: cross-entropy of a batch of labels is one number', () => {
  const other = [0, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0]
  expect(crossEntropyError([y, other], [2, 1])).toBeCloseTo((0.510825457099338 - Math.log(0.5 + 1e-7)) / 2, 12)
  expect(() => crossEntropyError([y], [10])).toThrow(/label of sample 0 is 10/)
})

test('row 25: labels and rows are told apart by rank, so that one class is no puzzle', () => {
  // By sizes, t of (3) looks like three one-hot rows of one class; label 0 of probability 0.5 costs ln 2.
  expect(crossEntropyError([[0.5], [0.5], [0.5]], [0, 0, 0])).toBeCloseTo(-Math.log(0.5 + 1e-7), 12)
  expect(crossEntropyError([[0.5], [0.5]], [[1], [1]])).toBeCloseTo(-Math.log(0.5 + 1e-7), 12)
  expect(crossEntropyError(y, 2)).toBeCloseTo(0.510825457099338, 12)
  expect(crossEntropyError(tensor([[0.25, 0.75]], undefined, { element: 'float64' }), tensor([1]))).toBeCloseTo(
    -Math.log(0.75 + 1e-7),
    12,
  )
})
