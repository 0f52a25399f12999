// Specs of src/kernels/declarations/metrics.ts.

import fc from 'fast-check'
import type { metrics as declared } from '../../../src/kernels/declarations/metrics.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { whole } from '../values.js'
import { flatCases, flatRandom, labels, rowCases, rowRandom } from './common.js'

/** Rows to the start, the middle and the end of a longer pass. */
const putCases = rowCases('cols', 0).map((numbers, i): Numbers => {
  const cursor = [0, 3, 5][i % 3] as number
  return { ...numbers, cursor, length: cursor + (numbers.rows as number) + (i % 2) }
})
const putRandom: fc.Arbitrary<Numbers> = fc
  .tuple(rowRandom('cols', 0), fc.nat(20), fc.nat(5))
  .map(([numbers, cursor, rest]) => ({ ...numbers, cursor, length: cursor + (numbers.rows as number) + rest }))
const put = {
  example: {
    args: { y: [9, 9, 9, 9, 9, 9, 9, 9], x: [1, 2, 3, 4], rows: 2, cols: 2, length: 4, cursor: 1 },
    answer: { y: [9, 9, 1, 2, 3, 4, 9, 9] },
  },
  cases: putCases,
  random: putRandom,
  benchmark: { scores: { rows: 100, cols: 10, length: 1000, cursor: 300 } },
}

export const metrics = {
  putReals: put,
  putIntegers: put,
  isAbove: {
    example: { args: { y: [9, 9, 9], x: [0.5, 0.25, -1], n: 3, threshold: 0.25 }, answer: { y: [1, 0, 0] } },
    cases: flatCases.map((numbers, i) => ({ ...numbers, threshold: [0, 0.5][i % 2] as number })),
    random: fc.tuple(flatRandom, fc.constantFrom(0, 0.5)).map(([numbers, threshold]) => ({ ...numbers, threshold })),
    // Few different values, so that some are the threshold itself.
    inputs: {
      x: (random) => {
        const halves = whole(random, 5)
        return () => (halves() - 2) / 2
      },
    },
    benchmark: { output: { n: 100, threshold: 0 } },
  },
  labelRanks: {
    example: {
      args: {
        ranks: [9, 9, 9, 9],
        scores: [1, 3, 3, 5, 3, 1, 2, 2, 2, 7, 8, 9],
        labels: [2, 0, 1, -1],
        rows: 4,
        classes: 3,
        ignore: -1,
      },
      answer: { ranks: [1, 0, 1, -1] },
    },
    cases: rowCases('classes', 1).map((numbers, i) => ({ ...numbers, ignore: [Number.NaN, 0][i % 2] as number })),
    random: fc
      .tuple(rowRandom('classes', 1), fc.constantFrom(Number.NaN, 0))
      .map(([numbers, ignore]) => ({ ...numbers, ignore })),
    inputs: { scores: (random) => whole(random, 9), labels },
    benchmark: { output: { rows: 100, classes: 10 }, 'wide output': { rows: 100, classes: 1000 } },
  },
} satisfies SpecsOf<typeof declared>
