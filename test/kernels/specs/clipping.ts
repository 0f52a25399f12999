// Specs of src/kernels/declarations/clipping.ts.

import fc from 'fast-check'
import type { clipping as declared } from '../../../src/kernels/declarations/clipping.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { between0And1, flatBenchmark, lengths, rowCases, rowRandom, tiny, u } from './common.js'

/** A divisor no smaller than a row, and roots at a place of their own among others. */
const amongOthers = ({ rows = 0, cols = 0 }: Numbers, i: number): Numbers => ({
  rows,
  cols,
  divisor: Math.max(1, cols + (i % 3) * 5),
  at: i % 4,
  length: rows + (i % 4) + (i % 2),
})
/** Norms on both sides of the limit, none so near to it that rounding decides. */
const limits = [0.25, 3, 1e-3, 1e6]
const clipped = (n: number, i: number): Numbers => ({
  n,
  count: 1 + (i % 37),
  divisor: 1 + (i % 3) * 4095,
  limit: limits[i % 4] as number,
})

export const clipping = {
  rootMeanSquares: {
    example: {
      args: { roots: [9, 9, 9, 9], x: [3, 4, 0, -5, 1, 7], rows: 2, cols: 3, divisor: 4, at: 1, length: 4 },
      answer: { roots: [9, 2.5, Math.sqrt(75 / 4), 9] },
    },
    cases: [...rowCases('cols', 0).map(amongOthers), { rows: 3, cols: 4096, divisor: 4096, length: 3 }],
    random: rowRandom('cols', 0).map((numbers) => amongOthers(numbers, 2)),
    // Added in doubles, every term positive; one rounding to float32.
    bounds: (_, { roots, cols }) => ({ roots: (i) => (u + (cols + 3) * 2 ** -53) * Math.abs(roots[i]) + tiny }),
    benchmark: { weights: { rows: 9, cols: 4096, divisor: 4096, length: 9 } },
  },
  clipByNorm: {
    example: {
      // norm = √(4 · 6.25) = 5
      args: { x: [1, -2, 4], roots: [1.5, 2], n: 3, count: 2, divisor: 4, limit: 0.5 },
      answer: { x: [0.1, -0.2, 0.4] },
    },
    cases: lengths.map(clipped),
    random: fc.tuple(fc.nat(5000), fc.nat(200)).map(([n, i]) => clipped(n, i)),
    inputs: { roots: between0And1 },
    // The factor rounded, a product.
    bounds: (_, { x }) => ({ x: (i) => 2.1 * u * Math.abs(x[i]) + tiny }),
    benchmark: { weights: { n: 39200, count: 10, divisor: 4096, limit: 1e-3 } },
  },
  clipByValue: {
    example: { args: { x: [1, -2, 0.25], n: 3, limit: 0.5 }, answer: { x: [0.5, -0.5, 0.25] } },
    cases: lengths.map((n, i) => ({ n, limit: limits[i % 4] as number })),
    random: fc.record({ n: fc.nat(5000), limit: fc.constantFrom(...limits, 0) }),
    benchmark: Object.fromEntries(
      Object.entries(flatBenchmark).map(([name, sizes]) => [name, { ...sizes, limit: 0.5 }]),
    ),
  },
} satisfies SpecsOf<typeof declared>
