// Specs of src/kernels/declarations/augmentation.ts. The examples' random numbers come from a Philox in Python, their
// sines and normal quantiles from its mathematical library.

import fc from 'fast-check'
import type { augmentation as declared } from '../../../src/kernels/declarations/augmentation.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { type Random, uniform } from '../values.js'
import { between0And1, labels, order, range, rowCases, rowRandom, tiny, u } from './common.js'

/** Seeds and epochs of one word and of two, one for each case. */
const withRandomness = (cases: readonly Numbers[]): readonly Numbers[] =>
  cases.map((numbers, i) => ({
    ...numbers,
    seed: [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1][i % 5] as number,
    epoch: [0, 1, 2 ** 32 + 5][i % 3] as number,
  }))
const anyRandomness = { seed: fc.maxSafeNat(), epoch: fc.maxSafeNat() }

const imageCases: readonly Numbers[] = [
  { rows: 0, channels: 1, height: 4, width: 4 },
  { rows: 2, channels: 0, height: 4, width: 4 },
  { rows: 2, channels: 1, height: 0, width: 4 },
  { rows: 2, channels: 1, height: 4, width: 0 },
  ...range(1, 36).map((width) => ({ rows: 3, channels: 2, height: 3, width })),
  ...[1, 2, 5, 17].map((height) => ({ rows: 2, channels: 1, height, width: 5 })),
  { rows: 7, channels: 3, height: 32, width: 32 },
  { rows: 9, channels: 1, height: 28, width: 28 },
  { rows: 1, channels: 2, height: 3, width: 1021 },
]
const imageRandom = {
  rows: fc.nat(4),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 40 }),
}
const digits = { rows: 100, channels: 1, height: 28, width: 28 }

/** Maps of three kinds, image by image: whole shifts and flips, small changes, and any. */
const warps = (random: Random, { height = 0, width = 0 }: Numbers) => {
  const small = uniform(random, -0.3, 0.3)
  const any = uniform(random, -3, 3)
  const whole = (most: number): number => Math.round((2 * random() - 1) * most)
  let map: readonly number[] = []
  return (i: number): number => {
    if (i % 6 === 0) {
      const kind = Math.floor(3 * random())
      const sides: readonly number[] = [random() < 0.5 ? 1 : -1, random() < 0.5 ? 1 : -1]
      const [flipX = 1, flipY = 1] = sides
      if (kind === 0) map = [flipX, 0, whole(width + 2), 0, flipY, whole(height + 2)]
      else if (kind === 1) map = [1 + small(), small(), 9 * small(), small(), 1 + small(), 9 * small()]
      else map = [any(), any(), width * any(), any(), any(), height * any()]
    }
    return Math.fround(map[i % 6] as number)
  }
}

const largest = (data: TensorData): number => Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0)

export const augmentation = {
  sampleNumbers: {
    example: {
      args: { y: [9, 9], order: [2, 0, 1], rows: 2, samples: 3, length: 3, cursor: 1, first: 2 ** 32 + 2 ** 31 },
      answer: { y: [-(2 ** 31), 1 - 2 ** 31] },
    },
    cases: [
      { rows: 0, samples: 0, length: 0, cursor: 0 },
      ...[...range(1, 36), 100, 127, 1021].map((rows) => ({
        rows,
        samples: 13,
        length: rows + 4,
        cursor: rows % 5,
        first: [0, 1, 2 ** 31, 2 ** 53 - 20][rows % 4] as number,
      })),
    ],
    random: fc
      .record({ rows: fc.nat(200), samples: fc.integer({ min: 1, max: 50 }), cursor: fc.nat(20), rest: fc.nat(5) })
      .map(({ rows, samples, cursor, rest }) => ({ rows, samples, cursor, length: cursor + rows + rest, first: 7 })),
    inputs: { order },
    benchmark: { batch: { rows: 100, samples: 1000, length: 1000, cursor: 300 } },
  },
  drawWarps: {
    example: {
      args: {
        warps: new Array<number>(18).fill(9),
        numbers: [0, 5, -2],
        rows: 3,
        height: 4,
        width: 6,
        seed: 7,
        epoch: 2,
        shift: 2,
        crop: 1,
        flip: 3,
        rotate: 30,
        zoom: 0.2,
        shear: 10,
      },
      answer: {
        warps: [
          ...[0.911143073, -0.270319108, 1.53876405, -0.39055652, -0.856303267, 3.37028968],
          ...[-0.852224824, 0.163142295, 4.54899091, 0.159350288, 0.85293327, 0.675157645],
          ...[0.735920154, 0.418457715, 2.34126878, -0.33933383, 0.770755346, 2.05504459],
        ],
      },
    },
    cases: withRandomness(
      range(0, 40).map((rows) => ({
        rows,
        height: 1 + (rows % 7),
        width: 28,
        shift: rows % 3,
        crop: rows % 5,
        flip: rows % 4,
        rotate: [0, 10, 180][rows % 3] as number,
        zoom: [0, 0.1, 0.9][rows % 3] as number,
        shear: [0, 5, 45, 0][rows % 4] as number,
      })),
    ),
    random: fc.record({
      rows: fc.nat(50),
      height: fc.nat(300),
      width: fc.nat(300),
      ...anyRandomness,
      shift: fc.nat(20),
      crop: fc.nat(20),
      flip: fc.nat(3),
      // Native code flushes denormals.
      rotate: fc.float({ min: 0, max: 180, noNaN: true }).map((x) => x + 2 ** -20),
      zoom: fc.float({ min: 0, max: Math.fround(0.9), noNaN: true }).map((x) => x + 2 ** -20),
      shear: fc.float({ min: 0, max: 45, noNaN: true }).map((x) => x + 2 ** -20),
    }),
    benchmark: {
      digits: {
        rows: 100,
        height: 28,
        width: 28,
        seed: 1,
        epoch: 3,
        shift: 2,
        flip: 1,
        rotate: 10,
        zoom: 0.1,
        shear: 5,
      },
    },
  },
  warpImages: {
    // Half a pixel from the right; upside down, and one up; twice as small, around the first pixel.
    example: {
      args: {
        y: new Array<number>(12).fill(9),
        x: [1, 2, 3, 4, 5, 6, 7, 8, 4, 8, 16, 32],
        warps: [1, 0, 0.5, 0, 1, 0, 1, 0, 0, 0, -1, 0, 2, 0, 0, 0, 2, 0],
        rows: 3,
        channels: 1,
        height: 2,
        width: 2,
        fill: -2,
      },
      answer: { y: [1.5, 0, 3.5, 1, 5, 6, -2, -2, 4, -2, -2, -2] },
    },
    cases: imageCases.map((numbers, i) => ({ ...numbers, fill: [0, 0.3, -1][i % 3] as number })),
    random: fc.record({ ...imageRandom, fill: fc.constantFrom(0, 0.7) }),
    inputs: { warps },
    // A place is the sum of two products and a number, each of them rounded; the interpolated image is steeper nowhere
    // than twice its largest number a pixel. Then 1 - rest, a product and a sum, along either axis.
    bounds: ({ x, warps: maps, channels, height, width, fill }) => {
      const most = Math.max(largest(x), Math.abs(fill))
      const pixels = channels * height * width
      return {
        y: (i) => {
          const [a, b, c, d, e, f] = maps.subarray(6 * Math.floor(i / pixels)).map(Math.abs)
          const places = 4 * u * (a * width + b * height + c + d * width + e * height + f)
          return most * (2 * places + 10 * u) + tiny
        },
      }
    },
    benchmark: { digits, colours: { rows: 100, channels: 3, height: 32, width: 32 } },
  },
  cutOut: {
    // The middle is pixel (2, 1) of the first image, (1, 0) of the second.
    example: {
      args: {
        y: new Array<number>(32).fill(1),
        numbers: [0, 1],
        rows: 2,
        channels: 1,
        height: 4,
        width: 4,
        side: 3,
        seed: 0,
        epoch: 0,
        fill: 0.5,
      },
      answer: {
        y: [
          ...[1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1, 1, 1, 1],
          ...[0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ],
      },
    },
    cases: withRandomness(
      imageCases.map((numbers, i) => ({ ...numbers, side: [1, 2, 8, 0, 50][i % 5] as number, fill: i % 2 })),
    ),
    random: fc.record({ ...imageRandom, side: fc.nat(50), ...anyRandomness }),
    benchmark: { digits: { ...digits, side: 8, seed: 1, epoch: 2 } },
  },
  addNoise: {
    example: {
      args: {
        y: [9, 9, 9, 9, 9],
        x: [1, 1, 1, 1, 1],
        numbers: [3],
        rows: 1,
        cols: 5,
        seed: 9,
        epoch: 1,
        std: 2,
      },
      answer: {
        y: [-0.714239847, -0.150817424, -1.51352512, -0.0321716882, 0.0696797865].map((n) => 1 + 2 * n),
      },
    },
    cases: withRandomness(rowCases('cols', 0)).map((numbers, i) => ({ ...numbers, std: [0.1, 1, 3][i % 3] as number })),
    random: fc.record({ rows: fc.nat(20), cols: fc.nat(140), ...anyRandomness, std: fc.constant(0.3) }),
    // w = -ln(…) is below 17: an error of u in its argument, and 0.84 ulp of 16, of 2^-19 each. The polynomial's slope
    // is below 0.3, its 9 steps round numbers below 4; the two of them are within 2e-6 where they meet.
    bounds: ({ std }, { y }) => ({
      y: (i) => std * (1.5 * (0.3 * (2 * u + 2 ** -20) + 40 * u) + 3e-6) + 2 * u * Math.abs(y[i]) + tiny,
    }),
    benchmark: { digits: { rows: 100, cols: 784, seed: 1, epoch: 2, std: 0.1 } },
  },
  drawPartners: {
    // Partners 6, 4, 7 of 10; the table is read at 0.31215924… · 2 and so on.
    example: {
      args: {
        partners: [9, 9, 9],
        shares: [9, 9, 9],
        numbers: [0, 1, 2],
        quantiles: [0, 0.5, 4],
        rows: 3,
        samples: 10,
        points: 3,
        seed: 9,
        epoch: 1,
      },
      answer: { partners: [6, 4, 7], shares: [0.312159245, 0.5 + 3.5 * 0.734015866, 0.23123703] },
    },
    cases: withRandomness(
      range(0, 40).map((rows) => ({
        rows,
        samples: [1, 7, 60_000, 2 ** 31 - 1][rows % 4] as number,
        points: [2, 3, 1025, 65_536][rows % 4] as number,
      })),
    ),
    random: fc.record({
      rows: fc.nat(50),
      samples: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      points: fc.integer({ min: 2, max: 300 }),
      ...anyRandomness,
    }),
    benchmark: { batch: { rows: 100, samples: 60_000, points: 1025, seed: 1, epoch: 2 } },
  },
  mixRows: {
    example: {
      args: { y: [9, 9, 9, 9], x: [1, 2, 3, 4], z: [5, -2, 1, 1], shares: [0.5, 0], rows: 2, cols: 2 },
      answer: { y: [3, 0, 3, 4] },
    },
    cases: rowCases('cols', 0),
    random: rowRandom('cols', 0),
    inputs: { shares: between0And1 },
    // A difference, a product and a sum.
    bounds: ({ x, z, shares, cols }, { y }) => ({
      y: (i) => u * (2.1 * shares[Math.floor(i / cols)] * Math.abs(z[i] - x[i]) + 1.1 * Math.abs(y[i])) + tiny,
    }),
    benchmark: { digits: { rows: 100, cols: 784 } },
  },
  mixLabels: {
    example: {
      args: {
        y: new Array<number>(6).fill(9),
        labels: [2, 1],
        others: [0, 1],
        shares: [0.25, 0.25],
        rows: 2,
        classes: 3,
      },
      answer: { y: [0.25, 0, 0.75, 0, 1, 0] },
    },
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { labels, others: labels, shares: between0And1 },
    // A difference and a sum of numbers up to 1.
    bounds: () => ({ y: () => 2 * u }),
    benchmark: { digits: { rows: 100, classes: 10 } },
  },
} satisfies SpecsOf<typeof declared>
