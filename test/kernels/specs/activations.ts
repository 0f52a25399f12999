// Specs of src/kernels/declarations/activations.ts.

import fc from 'fast-check'
import type { activations as declared } from '../../../src/kernels/declarations/activations.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { type Random, uniform } from '../values.js'
import {
  between0And1,
  expError,
  flatBenchmark,
  flatCases,
  flatRandom,
  logits,
  rowCases,
  rowRandom,
  sumError,
  tiny,
  u,
} from './common.js'
import { byRow, logError, probabilityBound, softmaxErrors, sumOfRow } from './softmax.js'

const sigmoid1 = 1 / (1 + Math.E ** -1)
/** Φ(1) and φ(1). */
const [distribution1, density1] = [0.8413447460685429, Math.exp(-0.5) / Math.sqrt(2 * Math.PI)]
/** Relative error of a kernel's 1 / (1 + e^-x), in u: the exponential, + and /. */
const sigmoidError = expError + 2
/** Relative error of a kernel's Φ(x), in u: 5.3 and the rounding of x², whose half is an exponent; and spare. */
const distributionError = (x: number): number => (x * x) / 2 + 6
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Flat cases with each of `values` of one scalar in turn. */
const withScalar = (name: string, values: readonly number[]) => ({
  cases: flatCases.map((numbers, i) => ({ ...numbers, [name]: values[i % values.length] as number })),
  random: fc.record({ n: fc.nat(5000), [name]: fc.constantFrom(...values) }) as fc.Arbitrary<Numbers>,
  benchmark: { hidden: { n: 5000, [name]: values[0] as number }, weights: { n: 39200, [name]: values[0] as number } },
})
const rows = {
  cases: rowCases('cols', 1),
  random: rowRandom('cols', 1),
  benchmark: { output: { rows: 100, cols: 10 }, 'wide output': { rows: 100, cols: 1000 } },
}

export const activations = {
  reluForward: {
    example: { args: { y: [9, 9, 9], x: [-1, 0, 2], n: 3 }, answer: { y: [0, 0, 2] } },
    cases: flatCases,
    random: flatRandom,
    benchmark: flatBenchmark,
  },
  reluBackward: {
    example: { args: { dx: [9, 9, 9], dy: [1, 2, -3], y: [0, 5, 6], n: 3 }, answer: { dx: [0, 2, -3] } },
    cases: flatCases,
    random: flatRandom,
    // An output of ReLU: half of it zeros.
    inputs: { y: (random) => () => Math.max(0, uniform(random, -1, 1)()) },
    benchmark: flatBenchmark,
  },
  sigmoidForward: {
    example: { args: { y: [9, 9, 9], x: [0, 1, -1], n: 3 }, answer: { y: [0.5, sigmoid1, 1 - sigmoid1] } },
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // e / (1 + e) or 1 / (1 + e): e enters numerator and denominator with opposite signs, so once; then + and /.
    bounds: (_, { y }) => ({ y: (i) => u * (expError + 2) * y[i] + tiny }),
    benchmark: flatBenchmark,
  },
  sigmoidBackward: {
    example: { args: { dx: [9, 9], dy: [2, -1], y: [0.5, 0.25], n: 2 }, answer: { dx: [0.5, -0.1875] } },
    cases: flatCases,
    random: flatRandom,
    inputs: { y: between0And1 },
    // 1 - y and two products.
    bounds: (_, { dx }) => ({ dx: (i) => 3.1 * u * Math.abs(dx[i]) + 3 * tiny }),
    benchmark: flatBenchmark,
  },
  tanhForward: {
    example: { args: { y: [9, 9, 9], x: [0, Math.log(2), -Math.log(3)], n: 3 }, answer: { y: [0, 0.6, -0.8] } },
    cases: flatCases,
    random: flatRandom,
    // Both branches, and numbers whose square is lost.
    inputs: {
      x: (random) => {
        const [ordinary, small] = [logits(random), uniform(random, -1e-4, 1e-4)]
        return () => (random() < 0.2 ? small() : ordinary())
      },
    },
    // 1.5 ulp, and an ulp is at most 2 u.
    bounds: (_, { y }) => ({ y: (i) => 3 * u * Math.abs(y[i]) + tiny }),
    benchmark: flatBenchmark,
  },
  tanhBackward: {
    example: { args: { dx: [9, 9], dy: [2, -1], y: [0.5, -0.25], n: 2 }, answer: { dx: [1.5, -0.9375] } },
    cases: flatCases,
    random: flatRandom,
    // (1 - y) and (1 + y), two products.
    bounds: (_, { dx }) => ({ dx: (i) => 4.1 * u * Math.abs(dx[i]) + 3 * tiny }),
    benchmark: flatBenchmark,
  },
  leakyReluForward: {
    example: { args: { y: [9, 9, 9], x: [-2, 0, 3], n: 3, slope: 0.25 }, answer: { y: [-0.5, 0, 3] } },
    ...withScalar('slope', [0.01, 0.2, 0, -0.5]),
    // slope rounded, a product.
    bounds: (_, { y }) => ({ y: (i) => 2.1 * u * Math.abs(y[i]) + tiny }),
  },
  leakyReluBackward: {
    example: { args: { dx: [9, 9, 9], dy: [4, 4, 4], x: [-2, 0, 3], n: 3, slope: 0.25 }, answer: { dx: [1, 1, 4] } },
    ...withScalar('slope', [0.01, 0.2, 0, -0.5]),
    bounds: (_, { dx }) => ({ dx: (i) => 2.1 * u * Math.abs(dx[i]) + tiny }),
  },
  eluForward: {
    example: { args: { y: [9, 9, 9], x: [-Math.LN2, 0, 3], n: 3, alpha: 2 }, answer: { y: [-1, 0, 3] } },
    ...withScalar('alpha', [1, 0.3, 0]),
    inputs: { x: logits },
    // alpha rounded, e^x - 1 within 1 ulp, a product.
    bounds: (_, { y }) => ({ y: (i) => 4.1 * u * Math.abs(y[i]) + 2 * tiny }),
  },
  eluBackward: {
    example: { args: { dx: [9, 9], dy: [3, 3], y: [-0.5, 1], n: 2, alpha: 2 }, answer: { dx: [4.5, 3] } },
    ...withScalar('alpha', [1, 0.3, 0]),
    inputs: { y: (random, { alpha = 0 }) => uniform(random, -alpha, 1) },
    // alpha rounded; the sum, a product.
    bounds: ({ dy, alpha }, { dx }) => ({
      dx: (i) => u * (2.1 * Math.abs(dx[i]) + 1.1 * Math.abs(dy[i] * alpha)) + 2 * tiny,
    }),
  },
  geluForward: {
    example: {
      args: { y: [9, 9, 9], x: [0, 1, -1], n: 3 },
      answer: { y: [0, distribution1, distribution1 - 1] },
    },
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // Φ, or what is left of it when the exponential is flushed; a product.
    bounds: ({ x }, { y }) => ({
      y: (i) => u * (distributionError(Math.min(0, x[i])) + 1) * Math.abs(y[i]) + (1 + 2 * Math.abs(x[i])) * tiny,
    }),
    benchmark: flatBenchmark,
  },
  geluBackward: {
    example: {
      args: { dx: [9, 9, 9], dy: [2, 1, 2], x: [0, 1, -1], n: 3 },
      answer: { dx: [1, distribution1 + density1, 2 * (1 - distribution1 - density1)] },
    },
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // Φ; φ, with the rounding of x² in its exponent and two products; the sum and a product. Φ is at most 1, and at
    // most φ / |x| for x < 0: together they bound what cancels.
    bounds: ({ dy, x }, { dx }) => ({
      dx: (i) => {
        const at = x[i]
        const density = Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI)
        const distribution = at > 0 ? 1 : Math.min(0.5, density / Math.max(tiny, -at))
        const parts =
          distributionError(Math.min(0, at)) * distribution + (distributionError(at) + 2) * Math.abs(at) * density
        return u * (Math.abs(dy[i]) * parts + 2.1 * Math.abs(dx[i])) + (2 + 4 * Math.abs(at)) * tiny
      },
    }),
    benchmark: flatBenchmark,
  },
  siluForward: {
    example: { args: { y: [9, 9, 9], x: [0, 1, -1], n: 3 }, answer: { y: [0, sigmoid1, sigmoid1 - 1] } },
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // The sigmoid, or what is left of it when it is flushed; a product.
    bounds: ({ x }, { y }) => ({
      y: (i) => u * (sigmoidError + 1) * Math.abs(y[i]) + (1 + Math.abs(x[i])) * tiny,
    }),
    benchmark: flatBenchmark,
  },
  siluBackward: {
    example: {
      args: { dx: [9, 9], dy: [3, 2], x: [0, 1], n: 2 },
      answer: { dx: [1.5, 2 * sigmoid1 * (2 - sigmoid1)] },
    },
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // σ, 1 - σ, x times that, 1 plus that, two products.
    bounds: ({ dy, x }, { dx }) => ({
      dx: (i) => {
        const s = sigmoid(x[i])
        const inner = Math.abs(x[i]) * (sigmoidError * s + 2 * (1 - s))
        return (
          u * ((sigmoidError + 3.1) * Math.abs(dx[i]) + Math.abs(dy[i]) * s * inner) + (4 + 4 * Math.abs(x[i])) * tiny
        )
      },
    }),
    benchmark: flatBenchmark,
  },
  softmaxForward: {
    example: {
      args: { y: [9, 9, 9, 9, 9, 9], x: [1, 1, 1, Math.log(2), Math.log(5), 0], rows: 2, cols: 3 },
      answer: { y: [1 / 3, 1 / 3, 1 / 3, 0.25, 0.625, 0.125] },
    },
    ...rows,
    inputs: { x: logits },
    bounds: ({ x, cols }, { y }) => ({ y: probabilityBound(x, y, cols) }),
  },
  softmaxBackward: {
    example: {
      args: { dx: [9, 9, 9, 9], dy: [1, 3, 2, 2], y: [0.25, 0.75, 0.5, 0.5], rows: 2, cols: 2 },
      answer: { dx: [-0.375, 0.375, 0, 0] },
    },
    ...rows,
    inputs: { y: between0And1 },
    // The products and their sum; a subtraction, a product.
    bounds: ({ dy, y, cols }, { dx }) => {
      const terms = byRow(cols, (row) => sumOfRow(row, cols, (i) => Math.abs(dy[i] * y[i])))
      return { dx: (i) => u * ((sumError(cols) + 1) * y[i] * terms(i) + 2.1 * Math.abs(dx[i])) + (cols + 2) * tiny }
    },
  },
  logSoftmaxForward: {
    example: {
      args: { y: [9, 9, 9, 9], x: [5, 5, 0, Math.log(3)], rows: 2, cols: 2 },
      answer: { y: [-Math.LN2, -Math.LN2, -Math.log(4), Math.log(0.75)] },
    },
    ...rows,
    inputs: { x: logits },
    bounds: ({ x, cols }, { y }) => {
      const errors = byRow(cols, (row) => softmaxErrors(x, row, cols))
      return { y: (i) => u * (logError(errors(i), i % cols) + Math.abs(y[i])) + tiny }
    },
  },
  logSoftmaxBackward: {
    example: {
      args: { dx: [9, 9], dy: [1, 2], y: [Math.log(0.25), Math.log(0.75)], rows: 1, cols: 2 },
      answer: { dx: [0.25, -0.25] },
    },
    ...rows,
    inputs: { y: (random: Random) => uniform(random, -8, 0) },
    // The sum, the exponential, a product; the subtraction.
    bounds: ({ dy, y, cols }, { dx }) => {
      const terms = byRow(cols, (row) => sumOfRow(row, cols, (i) => Math.abs(dy[i])))
      return {
        dx: (i) => u * ((sumError(cols) + expError + 1) * Math.exp(y[i]) * terms(i) + Math.abs(dx[i])) + 3 * tiny,
      }
    },
  },
} satisfies SpecsOf<typeof declared>
