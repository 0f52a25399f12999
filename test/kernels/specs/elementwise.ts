// Specs of src/kernels/declarations/elementwise.ts.

import fc from 'fast-check'
import type { elementwise as declared } from '../../../src/kernels/declarations/elementwise.js'
import type { Numbers, SpecsOf } from '../spec.js'
import {
  flatBenchmark,
  flatCases,
  flatRandom,
  groupBenchmark,
  groupCases,
  groupRandom,
  lengths,
  range,
  tiny,
  u,
} from './common.js'

const factors = [0.5, -0.3, 0, 1]
const withAlpha = (numbers: Numbers, i: number): Numbers => ({ ...numbers, alpha: factors[i % 4] as number })
const scaledRandom = fc.record({ n: fc.nat(5000), alpha: fc.constantFrom(...factors) })
/** Columns from somewhere in one matrix to somewhere in another. */
const blockSizes = (rows: number, cols: number, yOffset: number, xOffset: number, rest: number): Numbers => ({
  rows,
  cols,
  yStride: yOffset + cols + rest,
  xStride: xOffset + cols + (rest % 3),
  yOffset,
  xOffset,
})

export const elementwise = {
  add: {
    example: { args: { y: [9, 9], a: [1, 2], b: [-3, 0.5], n: 2 }, answer: { y: [-2, 2.5] } },
    cases: flatCases,
    random: flatRandom,
    benchmark: flatBenchmark,
  },
  mul: {
    example: { args: { y: [9, 9], a: [1, 2], b: [-3, 0.5], n: 2 }, answer: { y: [-3, 1] } },
    cases: flatCases,
    random: flatRandom,
    benchmark: flatBenchmark,
  },
  fill: {
    example: { args: { y: [9, 9, 9], n: 2, value: 3, divisor: 4 }, answer: { y: [0.75, 0.75, 9] } },
    cases: lengths.map((n, i) => ({ n, value: i % 2 === 0 ? 1 : -0.3, divisor: 1 + (i % 3) * 49 })),
    random: fc.record({ n: fc.nat(5000), value: fc.constantFrom(1, -0.3), divisor: fc.integer({ min: 1, max: 1000 }) }),
    benchmark: { losses: { n: 100, value: 1, divisor: 100 }, weights: { n: 39200, value: 0 } },
  },
  scale: {
    example: { args: { y: [9, 9], x: [1, -2], n: 2, alpha: -1.5 }, answer: { y: [-1.5, 3] } },
    cases: flatCases.map(withAlpha),
    random: scaledRandom,
    // alpha rounded, a product.
    bounds: (_, { y }) => ({ y: (i) => 2.1 * u * Math.abs(y[i]) + tiny }),
    benchmark: { hidden: { n: 5000, alpha: 0.5 }, weights: { n: 39200, alpha: 0.5 } },
  },
  addScaled: {
    example: { args: { y: [10, 20], x: [1, -2], n: 2, alpha: -1.5 }, answer: { y: [8.5, 23] } },
    cases: flatCases.map(withAlpha),
    random: scaledRandom,
    // alpha rounded, a product; an addition.
    bounds: ({ x, alpha }, { y }) => ({
      y: (i) => u * (2.1 * Math.abs(alpha * x[i]) + Math.abs(y[i])) + 2 * tiny,
    }),
    benchmark: { hidden: { n: 5000, alpha: 0.5 }, weights: { n: 39200, alpha: 0.5 } },
  },
  copyColumns: {
    example: {
      args: {
        y: [1, 2, 3, 4, 5, 6],
        x: [10, 20, 30, 40],
        rows: 2,
        cols: 1,
        yStride: 3,
        xStride: 2,
        yOffset: 2,
        xOffset: 1,
      },
      answer: { y: [1, 2, 20, 4, 5, 40] },
    },
    cases: [
      ...range(0, 36).map((cols) => blockSizes(3, cols, cols % 4, cols % 3, cols % 5)),
      ...[0, 1, 2, 9, 100].map((rows) => blockSizes(rows, 7, 3, 1, 4)),
      ...[63, 64, 65, 127, 129, 1000].map((cols) => blockSizes(2, cols, 5, 0, 0)),
      { rows: 3, cols: 0, yStride: 0, xStride: 0 },
      { rows: 1, cols: 4, yStride: 4, xStride: 4 },
    ],
    random: fc
      .tuple(fc.nat(40), fc.nat(70), fc.nat(9), fc.nat(9), fc.nat(9))
      .map(([rows, cols, yOffset, xOffset, rest]) => blockSizes(rows, cols, yOffset, xOffset, rest)),
    benchmark: { 'half of 100x100': { rows: 100, cols: 50, yStride: 100, xStride: 50, yOffset: 50 } },
  },
  repeatRows: {
    example: {
      args: { y: [9, 9, 9, 9, 9, 9, 9, 9], x: [1, 2, 3, 4], groups: 2, count: 2, cols: 2 },
      answer: { y: [1, 2, 1, 2, 3, 4, 3, 4] },
    },
    cases: groupCases,
    random: groupRandom,
    benchmark: groupBenchmark,
  },
} satisfies SpecsOf<typeof declared>
