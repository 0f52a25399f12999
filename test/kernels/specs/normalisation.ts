// Specs of src/kernels/declarations/normalisation.ts.

import fc from 'fast-check'
import type { normalisation as declared } from '../../../src/kernels/declarations/normalisation.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { KernelSpec, Numbers, SpecsOf } from '../spec.js'
import { type Random, uniform } from '../values.js'
import { between0And1, lengths, range, sumError, tiny, u } from './common.js'

/** (N,C) around every vector of channels and unit, (N,C,places) around every vector of places and block of sums. */
const normCases: readonly Numbers[] = [
  ...range(0, 36).map((channels) => ({ rows: 5, channels, places: 1 })),
  ...[47, 63, 64, 65, 100, 127, 128, 129, 200].map((channels) => ({ rows: 3, channels, places: 1 })),
  ...[0, 1, 2, 3, 4, 7, 8, 9, 100, 255, 256, 257, 600].map((rows) => ({ rows, channels: 3, places: 1 })),
  ...range(2, 70).map((places) => ({ rows: 2, channels: 2, places })),
  ...[0, 1, 2, 3, 9, 100].map((rows) => ({ rows, channels: 3, places: 4 })),
  ...[784, 1023, 1024, 1025, 2100].map((places) => ({ rows: 2, channels: 2, places })),
].map((numbers, i) => ({ ...numbers, epsilon: i % 2 === 0 ? 1e-5 : 1e-2 }))
const normRandom: fc.Arbitrary<Numbers> = fc.record({
  rows: fc.nat(40),
  channels: fc.nat(20),
  places: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
  epsilon: fc.constantFrom(1e-5, 1e-3),
})
const normBenchmark = {
  'hidden 100x100': { rows: 100, channels: 100, places: 1, epsilon: 1e-5 },
  'images 100x16x28x28': { rows: 100, channels: 16, places: 784, epsilon: 1e-5 },
}
const withBeta = (numbers: Numbers, i: number): Numbers => ({ ...numbers, beta: [0, 1, 0.7][i % 3] as number })

/** Channels about different means, the third far from 0, and small beside them. */
const channelValues = (random: Random, { channels = 1, places = 1 }: Numbers) => {
  const [near, far] = [uniform(random, -2, 1), uniform(random, 10, 10.5)]
  return (i: number) => (Math.floor(i / places) % channels === 2 ? far() : near())
}
const positive = (random: Random) => uniform(random, 0.1, 2)

interface Shape {
  readonly rows: number
  readonly channels: number
  readonly places: number
}
/** Σ over the elements i of channel c of f(i). */
function sumOver({ rows, channels, places }: Shape, c: number, f: (i: number) => number): number {
  let total = 0
  for (let row = 0; row < rows; row++) {
    for (let place = 0; place < places; place++) total += f((row * channels + c) * places + place)
  }
  return total
}
const channelOf = ({ channels, places }: Shape, i: number): number => Math.floor(i / places) % channels
/** f of each channel, computed once. */
const perChannel = ({ channels }: Shape, f: (c: number) => number): readonly number[] =>
  Array.from({ length: channels }, (_, c) => f(c))
/** Roundings of scale / √(variance + epsilon): epsilon, the addition under the root, root, division, product. */
const factorError = 4
const factorOf = (c: number, variance: TensorData, scale: TensorData | null, epsilon: number): number =>
  Math.abs(scale?.[c] ?? 1) / Math.sqrt(variance[c] + epsilon)

const forwardBounds: NonNullable<KernelSpec<'batchNormForward'>['bounds']> = (args, { y, mean, variance }) => {
  const { x, scale, shift, epsilon } = args
  const count = Math.max(args.rows * args.places, 1)
  // No float sum is of more than these terms: 1,024 of a row's places and the reduction of their vectors, then doubles;
  // or all rows of a channel. Then the sum's own rounding, the count's and the division.
  const terms = sumError(args.places === 1 ? args.rows : Math.min(args.places, 1024)) + 3
  const means = perChannel(args, (c) => (u * terms * sumOver(args, c, (i) => Math.abs(x[i]))) / count + tiny)
  // About a mean that is wrong by e the variance grows by e². Each term has a subtraction, twice, and a product.
  const variances = perChannel(args, (c) => (means[c] ?? 0) ** 2 + u * (terms + 3) * variance[c] + 3 * tiny)
  return {
    mean: (c) => means[c] ?? 0,
    variance: (c) => variances[c] ?? 0,
    // The distance from the mean; the factor, by its own roundings and by half of the variance's relative error; then
    // the product and the addition.
    y: (i) => {
      const c = channelOf(args, i)
      const factor = factorOf(c, variance, scale, epsilon)
      const distance = Math.abs(x[i] - mean[c])
      const relative = u * (factorError + 2) + (0.5 * (variances[c] ?? 0)) / (variance[c] + epsilon)
      const rest = u * (Math.abs(shift?.[c] ?? 0) + Math.abs(y[i]))
      return factor * ((means[c] ?? 0) + distance * relative) * 1.01 + rest + 4 * tiny
    },
  }
}

const backwardBounds: NonNullable<KernelSpec<'batchNormBackward'>['bounds']> = (args) => {
  const { dScale, dShift, dy, x, mean, variance, scale, epsilon, beta } = args
  const count = Math.max(args.rows * args.places, 1)
  const terms = sumError(args.places === 1 ? args.rows : Math.min(args.places, 1024)) + 1
  const inverse = perChannel(args, (c) => factorOf(c, variance, null, epsilon))
  const normalised = (c: number, i: number): number => Math.abs(x[i] - mean[c]) * (inverse[c] ?? 0)
  // Sizes of the two sums' terms; the errors of the sums: of a sum's terms, here a distance, a product and a factor.
  const shiftSizes = perChannel(args, (c) => sumOver(args, c, (i) => Math.abs(dy[i])))
  const scaleSizes = perChannel(args, (c) => sumOver(args, c, (i) => Math.abs(dy[i]) * normalised(c, i)))
  const shiftError = terms
  const scaleError = terms + 2 + factorError
  // beta rounded, a product, an addition.
  const total = (error: number, size: number, old: number): number =>
    u * ((error + 1) * size + (beta === 0 ? 0 : 3 * Math.abs(beta * old))) + 8 * tiny
  return {
    dShift: (c) => total(shiftError, shiftSizes[c] ?? 0, dShift[c]),
    dScale: (c) => total(scaleError, scaleSizes[c] ?? 0, dScale[c]),
    // Three parts, each with two subtractions and the factor after it. The means: divided by a rounded count. The last:
    // times 1/√ once more and times a rounded distance.
    dx: (i) => {
      const c = channelOf(args, i)
      const after = 2 + factorError + 1
      const parts =
        after * Math.abs(dy[i]) +
        ((shiftError + 2 + after) * (shiftSizes[c] ?? 0)) / count +
        ((scaleError + 2 + factorError + 3 + after) * normalised(c, i) * (scaleSizes[c] ?? 0)) / count
      return u * factorOf(c, variance, scale, epsilon) * parts * 1.01 + 16 * tiny
    },
  }
}

const batch = { rows: 2, channels: 2, places: 2 }

export const normalisation = {
  batchNormForward: {
    // Channel 0: 1 3 5 7, mean 4, variance 5; channel 1: -1 -1 1 1, mean 0, variance 1. Roots of 9 and of 5.
    example: {
      args: {
        y: [9, 9, 9, 9, 9, 9, 9, 9],
        mean: [9, 9],
        variance: [9, 9],
        x: [1, 3, -1, -1, 5, 7, 1, 1],
        scale: [3, 1],
        shift: [10, 0],
        ...batch,
        epsilon: 4,
      },
      answer: {
        y: [7, 9, -1 / Math.sqrt(5), -1 / Math.sqrt(5), 11, 13, 1 / Math.sqrt(5), 1 / Math.sqrt(5)],
        mean: [4, 0],
        variance: [5, 1],
      },
    },
    cases: normCases,
    random: normRandom,
    inputs: { x: channelValues },
    bounds: forwardBounds,
    benchmark: normBenchmark,
  },
  batchNormBackward: {
    // x' = (-1, -1/3, 1/3, 1) in channel 0: Σ dy = 2, Σ dy · x' = 2/3; dx = 3/3 · (dy - 1/2 - x' / 6).
    // x' = (-1, -1, 1, 1) / √5 in channel 1: Σ dy = 4, Σ dy · x' = 0; dx = (1 - 1) / √5.
    example: {
      args: {
        dx: [9, 9, 9, 9, 9, 9, 9, 9],
        dScale: [6, 6],
        dShift: [2, 2],
        dy: [0, 1, 1, 1, 0, 1, 1, 1],
        x: [1, 3, -1, -1, 5, 7, 1, 1],
        mean: [4, 0],
        variance: [5, 1],
        scale: [3, 1],
        ...batch,
        epsilon: 4,
        beta: 0.5,
      },
      answer: {
        dx: [-1 / 3, 5 / 9, 0, 0, -5 / 9, 1 / 3, 0, 0],
        dScale: [11 / 3, 3],
        dShift: [3, 5],
      },
    },
    cases: normCases.map(withBeta),
    random: fc.tuple(normRandom, fc.nat(2)).map(([numbers, turn]) => withBeta(numbers, turn)),
    inputs: { x: channelValues, variance: positive },
    unread: ({ beta = 0 }) => (beta === 0 ? ['dScale', 'dShift'] : []),
    bounds: backwardBounds,
    benchmark: normBenchmark,
  },
  batchNormEvaluate: {
    example: {
      args: {
        y: [9, 9, 9, 9, 9, 9, 9, 9],
        x: [1, 3, -1, -1, 5, 7, 1, 1],
        mean: [1, -1],
        variance: [12, 0],
        scale: [8, 1],
        shift: [0, 0.5],
        ...batch,
        epsilon: 4,
      },
      answer: { y: [0, 4, 0.5, 0.5, 8, 12, 1.5, 1.5] },
    },
    cases: normCases,
    random: normRandom,
    inputs: { x: channelValues, variance: positive },
    // The distance, the factor, a product; the addition.
    bounds: (args, { y }) => ({
      y: (i) => {
        const c = channelOf(args, i)
        const product = Math.abs(args.x[i] - args.mean[c]) * factorOf(c, args.variance, args.scale, args.epsilon)
        return u * ((factorError + 2) * 1.01 * product + Math.abs(y[i])) + 4 * tiny
      },
    }),
    benchmark: normBenchmark,
  },
  batchNormUpdate: {
    example: {
      args: {
        runningMean: [1, 0],
        runningVariance: [1, 2],
        mean: [3, -2],
        variance: [4, 1],
        channels: 2,
        count: 5,
        momentum: 0.5,
      },
      answer: { runningMean: [2, -1], runningVariance: [3, 1.625] },
    },
    cases: lengths.map((channels, i) => ({
      channels,
      count: [0, 1, 2, 7, 78400][i % 5] as number,
      momentum: [0.1, 1, 0.01][i % 3] as number,
      unbiased: i % 2,
    })),
    random: fc.record({
      channels: fc.nat(300),
      count: fc.nat(1000),
      momentum: fc.constantFrom(0.1, 1),
      unbiased: fc.nat(1),
    }),
    inputs: { runningVariance: between0And1, variance: between0And1 },
    // momentum rounded, the difference, a product; the addition. The correction is rounded and multiplied before.
    bounds: (before, after) => {
      const { runningMean, runningVariance, mean, variance, momentum, count, unbiased } = before
      const corrected = (c: number): number =>
        unbiased && count > 1 ? (variance[c] * count) / (count - 1) : variance[c]
      const moved = (difference: number, result: number, input: number): number =>
        u * (3.01 * Math.abs(momentum * difference) + Math.abs(result) + 2 * Math.abs(momentum * input)) + 4 * tiny
      return {
        runningMean: (c) => moved(mean[c] - runningMean[c], after.runningMean[c], 0),
        runningVariance: (c) => moved(corrected(c) - runningVariance[c], after.runningVariance[c], corrected(c)),
      }
    },
    benchmark: { hidden: { channels: 100, count: 100, momentum: 0.1 } },
  },
} satisfies SpecsOf<typeof declared>
