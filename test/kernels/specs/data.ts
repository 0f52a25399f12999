// Specs of src/kernels/declarations/data.ts.

import fc from 'fast-check'
import type { data as declared } from '../../../src/kernels/declarations/data.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Bound, Numbers, SpecsOf } from '../spec.js'
import { order, range, tiny, u } from './common.js'

/** A batch of a data set: some of its rows, from somewhere in an order longer than the batch. */
const gatherCases = (cols: readonly number[]): readonly Numbers[] => [
  { rows: 0, cols: 3, samples: 0, length: 0, cursor: 0 },
  { rows: 0, cols: 3, samples: 4, length: 5, cursor: 5 },
  ...cols.flatMap((width) => [
    { rows: 3, cols: width, samples: 5, length: 9, cursor: 2 },
    { rows: 2, cols: width, samples: 7, length: 2, cursor: 0, scale: 1 / 255, shift: -0.3 },
  ]),
  { rows: 257, cols: 3, samples: 11, length: 300, cursor: 43, scale: 2 },
]
const gatherRandom: fc.Arbitrary<Numbers> = fc
  .record({
    rows: fc.nat(30),
    cols: fc.nat(100),
    samples: fc.integer({ min: 1, max: 40 }),
    cursor: fc.nat(20),
    rest: fc.nat(5),
  })
  .map(({ rows, cols, samples, cursor, rest }) => ({
    rows,
    cols,
    samples,
    cursor,
    length: cursor + rows + rest,
    scale: 0.1,
    shift: 0.7,
  }))
const gatherWidths = [...range(0, 36), 47, 63, 64, 65, 127, 128, 129, 784, 1021]
/** scale and shift rounded, a product, an addition; exact where neither does anything. */
const gatherBound =
  ({
    data,
    order,
    cols,
    cursor,
    scale,
    shift,
  }: {
    data: TensorData
    order: TensorData
    cols: number
    cursor: number
    scale: number
    shift: number
  }): Bound =>
  (at) => {
    if (scale === 1 && shift === 0) return 0
    const value = data[order[cursor + Math.floor(at / cols)] * cols + (at % cols)]
    return u * (3 * Math.abs(value * scale) + 2 * Math.abs(shift)) + tiny
  }
const gatherBenchmark = { batch: { rows: 100, cols: 784, samples: 1000, length: 1000, cursor: 300, scale: 1 / 255 } }

export const data = {
  gatherBytes: {
    example: {
      args: {
        y: [9, 9, 9, 9],
        data: [0, 1, 2, 3, 254, 255],
        order: [7, 2, 0, 7],
        rows: 2,
        cols: 2,
        samples: 3,
        length: 4,
        cursor: 1,
        scale: 0.5,
        shift: -1,
      },
      answer: { y: [126, 126.5, -1, -0.5] },
    },
    cases: gatherCases(gatherWidths),
    random: gatherRandom,
    inputs: { order },
    bounds: (before) => ({ y: gatherBound(before) }),
    benchmark: gatherBenchmark,
  },
  gatherReals: {
    example: {
      args: {
        y: [9, 9],
        data: [1, 2, 3],
        order: [2, 0],
        rows: 2,
        cols: 1,
        samples: 3,
        length: 2,
        cursor: 0,
        scale: 2,
        shift: 1,
      },
      answer: { y: [7, 3] },
    },
    cases: gatherCases(gatherWidths),
    random: gatherRandom,
    inputs: { order },
    bounds: (before) => ({ y: gatherBound(before) }),
    benchmark: gatherBenchmark,
  },
  gatherLabels: {
    example: {
      args: { y: [9, 9], data: [-5, 6, 7], order: [1, 2, 0], rows: 2, samples: 3, length: 3, cursor: 1 },
      answer: { y: [7, -5] },
    },
    cases: [
      { rows: 0, samples: 0, length: 0, cursor: 0 },
      ...[...range(1, 36), 100, 127, 1021].map((rows) => ({ rows, samples: 13, length: rows + 4, cursor: rows % 5 })),
    ],
    random: fc
      .record({ rows: fc.nat(200), samples: fc.integer({ min: 1, max: 50 }), cursor: fc.nat(20), rest: fc.nat(5) })
      .map(({ rows, samples, cursor, rest }) => ({ rows, samples, cursor, length: cursor + rows + rest })),
    inputs: { order },
    benchmark: { batch: { rows: 100, samples: 1000, length: 1000, cursor: 300 } },
  },
} satisfies SpecsOf<typeof declared>
