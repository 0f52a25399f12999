// The notes' numerical differentiation, rows 60 to 65 of the table.

import { expect, test } from 'vitest'
import {
  gradientDescent,
  numericalDiff,
  numericalGradient,
  numericalGradient2d,
  SimpleNet,
} from '../../src/book/index.js'
import { tensor } from '../../src/tensor/create.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { expectClose } from './check.js'

const squares = (x: Tensor): number => [...x.data].reduce((sum, value) => sum + value * value, 0)

test('row 60: a central difference with h = 1e-4', () => {
  expect(numericalDiff((x) => 0.01 * x ** 2 + 0.1 * x, 5)).toBe(0.1999999999990898)
  expect(numericalDiff((x) => 0.01 * x ** 2 + 0.1 * x, 10)).toBe(0.2999999999986347)
})

test('row 61: a vector; integers and float32 are differentiated in float64, and x is put back', () => {
  const x = tensor([3, 4], undefined, { element: 'float64' })
  expectClose(numericalGradient(squares, x), [6, 8])
  expect(x.toArray()).toEqual([3, 4])
  expectClose(numericalGradient(squares, tensor([3, 4], undefined, { element: 'int32' })), [6, 8])
  const single = numericalGradient(squares, tensor([0.5]))
  // In float32 this is 0.99994.
  expect(single.item()).toBeCloseTo(1, 9)
})

test('row 62: a matrix, also for a function that is not a sum over rows', () => {
  const X = [
    [3, 4],
    [3, 4],
  ]
  expectClose(numericalGradient2d(squares, X), [
    [6, 8],
    [6, 8],
  ])
  expect(squares(tensor(X))).toBe(50)
  const squareOfSum = (x: Tensor): number => [...x.data].reduce((sum, value) => sum + value, 0) ** 2
  expectClose(
    numericalGradient2d(squareOfSum, [
      [1, 2],
      [3, 4],
    ]),
    [
      [20, 20],
      [20, 20],
    ],
  )
  expect(() => numericalGradient2d(squares, [1, 2])).toThrow(/expected two axes/)
})

test('row 63: any rank, each element moved in place and put back', () => {
  const x = tensor(
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ],
    undefined,
    { element: 'float64' },
  )
  const before = x.toArray()
  // The function may look at x itself and not at its argument.
  const gradient = numericalGradient(() => squares(x), x)
  expectClose(gradient.reshape(8), [2, 4, 6, 8, 10, 12, 14, 16])
  expect(x.toArray()).toEqual(before)
})

test('row 64: gradient descent converges, and leaves its start alone', () => {
  const start = tensor([-3, 4], undefined, { element: 'float64' })
  expectClose(gradientDescent(squares, start), [-0.39785867, 0.53047822], 1e-8, 0)
  expect(start.toArray()).toEqual([-3, 4])
  expectClose(gradientDescent(squares, start, 0.1), [-6.11110793e-10, 8.14814391e-10], 1e-13, 0)
})

test('row 64: a rate too high runs away, one too low stands still', () => {
  expectClose(gradientDescent(squares, [-3, 4], 10), [-2.59e13, -1.3e12], 0, 0.01)
  expectClose(gradientDescent(squares, [-3, 4], 1e-10), [-2.99999994, 3.99999992], 1e-8, 0)
})

const net = new SimpleNet({
  W: [
    [0.47355232, 0.9977393, 0.84668094],
    [0.85557411, 0.03563661, 0.69422093],
  ],
})
const [x, t] = [
  [0.6, 0.9],
  [0, 0, 1],
]

test('row 53: simpleNet', () => {
  expectClose(net.predict(x), [1.05414809, 0.63071653, 1.1328074], 1e-8, 0)
  expect(net.predict(x).argMax()).toBe(2)
  expect(net.loss(x, t)).toBeCloseTo(0.92806829, 7)
  expect(net.loss(x, 2)).toBe(net.loss(x, t))
  const drawn = new SimpleNet({ seed: 3 })
  expect(drawn.W.shape).toEqual([2, 3])
  expect(drawn.W.toArray()).toEqual(new SimpleNet({ seed: 3 }).W.toArray())
  expect(drawn.W.toArray()).not.toEqual(new SimpleNet({ seed: 4 }).W.toArray())
  // N(0, 1): of 3,000 weights the mean deviates by 0.018, the mean square by 0.026.
  const weights = Array.from({ length: 500 }, (_, seed) => [...new SimpleNet({ seed }).W.data]).flat()
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  expect(Math.abs(mean(weights))).toBeLessThan(0.09)
  expect(Math.abs(mean(weights.map((w) => w * w)) - 1)).toBeLessThan(0.13)
})

test('row 65: dW of simpleNet by its numerical gradient', () => {
  const dW = numericalGradient(() => net.loss(x, t), net.W)
  const wanted = [
    [0.21924757, 0.14356243, -0.36281],
    [0.32887136, 0.21534364, -0.544215],
  ]
  expectClose(dW, wanted, 2e-8, 0)
})
