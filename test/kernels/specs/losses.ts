// Specs of src/kernels/declarations/losses.ts.

import fc from 'fast-check'
import type { losses as declared } from '../../../src/kernels/declarations/losses.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Bound, Numbers, SpecsOf } from '../spec.js'
import { type Random, uniform } from '../values.js'
import { between0And1, expError, labels, logits, rowCases, rowRandom, sumError, tiny, u } from './common.js'
import { byRow, logError, probabilityBound, softmaxErrors, sumOfRow } from './softmax.js'

/** Every third case smooths its labels. */
const smoothed = {
  cases: rowCases('classes', 1).map((numbers, i) => (i % 3 === 0 ? { ...numbers, smoothing: 0.1 } : numbers)),
  random: fc
    .tuple(rowRandom('classes', 1), fc.constantFrom(0, 0.1, 0.5, 1))
    .map(([numbers, smoothing]) => ({ ...numbers, smoothing })),
}
/** Weights of rows, a fifth of them 0. */
const weights = (random: Random) => {
  const ordinary = uniform(random, 0.1, 2)
  return () => (random() < 0.2 ? 0 : ordinary())
}
const weightAt = (weights: TensorData | null, row: number): number => (weights === null ? 1 : weights[row])

/** What the specs of the losses between numbers share; `extra` are further scalars. */
const rowLoss = (extra: Numbers = {}) => ({
  cases: rowCases('cols', 0).map((numbers, i) => ({ ...numbers, ...extra, scale: [1, 1 / 3][i % 2] as number })),
  random: fc
    .tuple(rowRandom('cols', 0), fc.constantFrom(1, 0.1, -2))
    .map(([numbers, scale]) => ({ ...numbers, ...extra, scale })),
  benchmark: {
    regression: { rows: 100, cols: 10, ...extra },
    'wide output': { rows: 100, cols: 1000, ...extra },
  },
})
/**
 * Bound of a row's loss: `error(i)` is that of element i's term and `term(i)` the term's size; then the sum, the
 * rounding of `scale` and a product.
 */
const rowLossBound =
  (cols: number, scale: number, error: (i: number) => number, term: (i: number) => number): Bound =>
  (row) =>
    Math.abs(scale) *
      u *
      (sumOfRow(row, cols, error) + (sumError(cols) + 2.1) * sumOfRow(row, cols, (i) => Math.abs(term(i)))) +
    (3 * cols + 1) * tiny
/** Bound of a gradient with a relative error of `roundings`; dlosses · scale, a part of it, has two. */
const relative =
  (gradient: TensorData, roundings: number): Bound =>
  (i) =>
    roundings * 1.02 * u * Math.abs(gradient[i]) + 3 * tiny

export const losses = {
  softmaxCrossEntropyForward: {
    example: {
      args: {
        losses: [9, 9, 9],
        probabilities: [9, 9, 9, 9, 9, 9, 9, 9, 9],
        logits: [1, 1, 1, Math.log(2), Math.log(5), 0, 4, 4, 4],
        labels: [2, 1, 99],
        weights: [1, 2, 0],
        rows: 3,
        classes: 3,
        smoothing: 0.25,
      },
      answer: {
        losses: [Math.log(3), 2 * (Math.log(8) - 0.75 * Math.log(5) - (0.25 * Math.log(10)) / 3), 0],
        probabilities: [1 / 3, 1 / 3, 1 / 3, 0.25, 0.625, 0.125, 1 / 3, 1 / 3, 1 / 3],
      },
    },
    ...smoothed,
    inputs: { logits, labels, weights },
    bounds: ({ logits, labels, weights, classes, smoothing }, { losses, probabilities }) => ({
      probabilities: probabilityBound(logits, probabilities, classes),
      // The label's logarithm; the mean over classes: ln Σ, the distances x - max, their sum; then at most five
      // roundings of either: the shares, three products, a sum.
      losses: (r) => {
        const errors = softmaxErrors(logits, r, classes)
        const mean = sumOfRow(0, classes, errors.distance) / classes
        const meanError = errors.sum + (expError + 1) * errors.logSum + (sumError(classes) + 2) * mean
        const atLabel = Math.abs(1 - smoothing) * logError(errors, labels[r])
        const all = weightAt(weights, r) * (atLabel + smoothing * meanError) + 5 * losses[r]
        return u * all + (classes + 3) * tiny
      },
    }),
    benchmark: { output: { rows: 100, classes: 10 }, 'wide output': { rows: 100, classes: 1000 } },
  },
  softmaxCrossEntropyBackward: {
    example: {
      args: {
        dlogits: [9, 9, 9, 9, 9, 9],
        dlosses: [0.5, 2, 3],
        probabilities: [0.25, 0.75, 0.5, 0.5, 0.5, 0.5],
        labels: [1, 0, -7],
        weights: [1, 3, 0],
        rows: 3,
        classes: 2,
        smoothing: 0.5,
      },
      answer: { dlogits: [0, 0, -1.5, 1.5, 0, 0] },
    },
    ...smoothed,
    inputs: { probabilities: between0And1, labels, weights },
    // dlosses · weight; the share of smoothing, taken off the probability, and at the label what is left of 1; a
    // product. Rounded are the share, 1 - smoothing, and every result.
    bounds: ({ dlosses, labels, weights, probabilities, classes, smoothing }, { dlogits }) => ({
      dlogits: (i) => {
        const row = Math.floor(i / classes)
        const share = smoothing / classes
        const atLabel = labels[row] === i % classes ? Math.abs(probabilities[i] - share) + 1 - smoothing : 0
        const parts = Math.abs(dlosses[row] * weightAt(weights, row)) * (share + atLabel)
        return u * (4.1 * Math.abs(dlogits[i]) + 1.1 * parts) + 4 * tiny
      },
    }),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  softmaxCrossEntropyDenseForward: {
    example: {
      args: {
        losses: [9, 9],
        probabilities: [9, 9, 9, 9],
        logits: [0, Math.log(3), 5, 5],
        targets: [0.5, 0.25, 0, 1],
        rows: 2,
        classes: 2,
        smoothing: 0.5,
      },
      // Smoothed targets: [0.4375, 0.3125] and [0.25, 0.75].
      answer: {
        losses: [0.4375 * Math.log(4) + 0.3125 * Math.log(4 / 3), Math.LN2],
        probabilities: [0.25, 0.75, 0.5, 0.5],
      },
    },
    ...smoothed,
    inputs: { logits, targets: between0And1 },
    bounds: ({ logits, targets, classes, smoothing }, { probabilities }) => ({
      probabilities: probabilityBound(logits, probabilities, classes),
      // Each smoothed target times its own logarithm's error, its own error times the logarithm, a product, and the
      // sum; or Σ t · ln Σ - Σ t (x - max), as good.
      losses: (r) => {
        const errors = softmaxErrors(logits, r, classes)
        const added = (smoothing / classes) * sumOfRow(r, classes, (i) => targets[i])
        const total = sumOfRow(r, classes, (i) => {
          const size = errors.logSum + errors.distance(i % classes)
          const target = (1 - smoothing) * targets[i] + added
          const ownError = smoothing === 0 ? 0 : 3 * target + (sumError(classes) + 3) * added
          return target * (logError(errors, i % classes) + (sumError(classes) + 3) * size) + ownError * size
        })
        return u * total + (classes + 3) * tiny
      },
    }),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  softmaxCrossEntropyDenseBackward: {
    example: {
      args: {
        dlogits: [9, 9, 9, 9],
        dlosses: [2, 1],
        probabilities: [0.25, 0.75, 0.5, 0.5],
        targets: [0.5, 0.25, 0, 1],
        rows: 2,
        classes: 2,
        smoothing: 0.5,
      },
      answer: { dlogits: [-0.5, 0.5, 0.25, -0.25] },
    },
    ...smoothed,
    inputs: { probabilities: between0And1, targets: between0And1 },
    // The sum of the targets, a product; the smoothed target: its share of the sum, rounded, and a sum; the
    // subtraction, a product.
    bounds: ({ dlosses, probabilities, targets, classes, smoothing }) => {
      const totals = byRow(classes, (row) => sumOfRow(row, classes, (i) => Math.abs(targets[i])))
      return {
        dlogits: (i) => {
          const product = (sumError(classes) + 3) * probabilities[i] * totals(i)
          const added = (smoothing / classes) * totals(i)
          const target = 5 * (1 - smoothing) * targets[i] + (sumError(classes) + 6) * added
          return u * Math.abs(dlosses[Math.floor(i / classes)]) * (product + target) + 4 * tiny
        },
      }
    },
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  negativeLogLikelihoodForward: {
    example: {
      args: {
        losses: [9, 9, 9],
        logProbabilities: [-1, -2, -3, -4, -5, -6],
        labels: [1, 0, 2],
        weights: [1, 0.5, 0],
        rows: 3,
        classes: 2,
      },
      answer: { losses: [2, 1.5, 0] },
    },
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { logProbabilities: (random) => uniform(random, -8, 0), labels, weights },
    // A product.
    bounds: (_, { losses }) => ({ losses: relative(losses, 1) }),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  negativeLogLikelihoodBackward: {
    example: {
      args: {
        dlogProbabilities: [9, 9, 9, 9, 9, 9],
        dlosses: [1, 2, 3],
        labels: [1, 0, 2],
        weights: [1, 0.5, 0],
        rows: 3,
        classes: 2,
      },
      answer: { dlogProbabilities: [0, -1, -1, 0, 0, 0] },
    },
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { labels, weights },
    bounds: (_, { dlogProbabilities }) => ({ dlogProbabilities: relative(dlogProbabilities, 1) }),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  squaredErrorForward: {
    example: {
      args: { losses: [9, 9], prediction: [1, 2, 3, 4], target: [0, 4, 3, 2], rows: 2, cols: 2, scale: 0.5 },
      answer: { losses: [2.5, 2] },
    },
    ...rowLoss(),
    // The difference twice, a product.
    bounds: ({ prediction, target, cols, scale }) => {
      const term = (i: number): number => (prediction[i] - target[i]) ** 2
      return { losses: rowLossBound(cols, scale, (i) => 3.1 * term(i), term) }
    },
  },
  squaredErrorBackward: {
    example: {
      args: {
        dprediction: [9, 9, 9, 9],
        dlosses: [1, 3],
        prediction: [1, 2, 3, 4],
        target: [0, 4, 3, 2],
        rows: 2,
        cols: 2,
        scale: 0.5,
      },
      answer: { dprediction: [1, -2, 0, 6] },
    },
    ...rowLoss(),
    bounds: (_, { dprediction }) => ({ dprediction: relative(dprediction, 4) }),
  },
  absoluteErrorForward: {
    example: {
      args: { losses: [9, 9], prediction: [1, 2, 3, 4], target: [0, 4, 3, 2], rows: 2, cols: 2, scale: 0.5 },
      answer: { losses: [1.5, 1] },
    },
    ...rowLoss(),
    bounds: ({ prediction, target, cols, scale }) => {
      const term = (i: number): number => Math.abs(prediction[i] - target[i])
      return { losses: rowLossBound(cols, scale, term, term) }
    },
  },
  absoluteErrorBackward: {
    example: {
      args: {
        dprediction: [9, 9, 9, 9],
        dlosses: [1, 3],
        prediction: [1, 2, 3, 4],
        target: [0, 4, 3, 2],
        rows: 2,
        cols: 2,
        scale: 0.5,
      },
      answer: { dprediction: [0.5, -0.5, 0, 1.5] },
    },
    ...rowLoss(),
    bounds: (_, { dprediction }) => ({ dprediction: relative(dprediction, 2) }),
  },
  huberForward: {
    example: {
      args: { losses: [9, 9], prediction: [1, 2, 3, 4], target: [0, 4, 3, 2], rows: 2, cols: 2, delta: 1.5, scale: 2 },
      answer: { losses: [4.75, 3.75] },
    },
    ...rowLoss({ delta: 0.7 }),
    // The difference, delta; size - within / 2, which is at least half of size, so that its two roundings and theirs
    // count twice; a product.
    bounds: ({ prediction, target, cols, delta, scale }) => {
      const term = (i: number): number => {
        const size = Math.abs(prediction[i] - target[i])
        const within = Math.min(delta, size)
        return within * (size - within / 2)
      }
      return { losses: rowLossBound(cols, scale, (i) => 8 * term(i), term) }
    },
  },
  huberBackward: {
    example: {
      args: {
        dprediction: [9, 9, 9, 9],
        dlosses: [1, 3],
        prediction: [1, 2, 3, 4],
        target: [0, 4, 3, 2],
        rows: 2,
        cols: 2,
        delta: 1.5,
        scale: 2,
      },
      answer: { dprediction: [2, -3, 0, 9] },
    },
    ...rowLoss({ delta: 0.7 }),
    bounds: (_, { dprediction }) => ({ dprediction: relative(dprediction, 4) }),
  },
  binaryCrossEntropyForward: {
    example: {
      args: { losses: [9, 9], prediction: [0, Math.log(3), -200, 200], target: [0.5, 0, 0, 0.5], rows: 2, cols: 2 },
      answer: { losses: [Math.log(2) + Math.log(4), 100] },
    },
    ...rowLoss(),
    inputs: { prediction: logits, target: between0And1 },
    // x · t, max(x, 0) - x · t; the exponential, whose error the logarithm takes over, ln(1 + e) within 1.5 ulp; a sum.
    bounds: ({ prediction, target, cols, scale }) => {
      const product = (i: number): number => prediction[i] * target[i]
      const straight = (i: number): number => Math.max(0, prediction[i]) - product(i)
      const exponential = (i: number): number => Math.exp(-Math.abs(prediction[i]))
      const bent = (i: number): number => Math.log1p(exponential(i))
      const term = (i: number): number => straight(i) + bent(i)
      const error = (i: number): number =>
        Math.abs(product(i)) + 2.1 * Math.abs(straight(i)) + expError * exponential(i) + 4.1 * bent(i)
      return { losses: rowLossBound(cols, scale, error, term) }
    },
  },
  binaryCrossEntropyBackward: {
    example: {
      args: {
        dprediction: [9, 9],
        dlosses: [4],
        prediction: [0, Math.log(3)],
        target: [0.25, 1],
        rows: 1,
        cols: 2,
        scale: 0.5,
      },
      answer: { dprediction: [0.5, -0.5] },
    },
    ...rowLoss(),
    inputs: { prediction: logits, target: between0And1 },
    // The sigmoid (the exponential, + and /); the subtraction, dlosses · scale, a product.
    bounds: ({ dlosses, prediction, cols, scale }, { dprediction }) => ({
      dprediction: (i) => {
        const sigmoid = 1 / (1 + Math.exp(-prediction[i]))
        const factor = Math.abs(dlosses[Math.floor(i / cols)] * scale)
        return u * (factor * (expError + 2.1) * sigmoid + 4.1 * Math.abs(dprediction[i])) + (3 + factor) * tiny
      },
    }),
  },
  klDivergenceForward: {
    example: {
      args: {
        losses: [9, 9],
        prediction: [Math.log(0.25), Math.log(0.75), Math.log(0.5), -1e30],
        target: [0.5, 0.5, 1, 0],
        rows: 2,
        cols: 2,
        scale: 2,
      },
      answer: { losses: [Math.log(2) + Math.log(2 / 3), 2 * Math.log(2)] },
    },
    ...rowLoss(),
    inputs: {
      prediction: (random) => uniform(random, -8, 0),
      target: (random) => {
        const ordinary = uniform(random, 0, 1)
        return () => (random() < 0.2 ? 0 : ordinary())
      },
    },
    // The logarithm within 1 ulp, the subtraction, a product.
    bounds: ({ prediction, target, cols, scale }) => {
      const logarithm = (i: number): number => (target[i] === 0 ? 0 : Math.log(target[i]))
      const term = (i: number): number => target[i] * (logarithm(i) - prediction[i])
      const error = (i: number): number => 2 * target[i] * Math.abs(logarithm(i)) + 2.1 * Math.abs(term(i))
      return { losses: rowLossBound(cols, scale, error, term) }
    },
  },
  klDivergenceBackward: {
    example: {
      args: {
        dprediction: [9, 9],
        dlosses: [3],
        prediction: [-1, -2],
        target: [0.5, 0.25],
        rows: 1,
        cols: 2,
        scale: 2,
      },
      answer: { dprediction: [-3, -1.5] },
    },
    ...rowLoss(),
    inputs: { target: between0And1 },
    bounds: (_, { dprediction }) => ({ dprediction: relative(dprediction, 3) }),
  },
  hingeForward: {
    example: {
      args: { losses: [9, 9], prediction: [0.5, -2, 0.25, 3], target: [1, -1, -1, 1], rows: 2, cols: 2, scale: 2 },
      answer: { losses: [1, 2.5] },
    },
    ...rowLoss(),
    inputs: { prediction: (random) => uniform(random, -2, 2), target: (random) => () => (random() < 0.5 ? -1 : 1) },
    // A subtraction; the product is exact.
    bounds: ({ prediction, target, cols, scale }) => {
      const term = (i: number): number => Math.max(0, 1 - target[i] * prediction[i])
      return { losses: rowLossBound(cols, scale, term, term) }
    },
  },
  hingeBackward: {
    example: {
      args: {
        dprediction: [9, 9, 9, 9],
        dlosses: [1, 3],
        prediction: [0.5, -2, 0.25, 1],
        target: [1, -1, -1, 1],
        rows: 2,
        cols: 2,
        scale: 2,
      },
      answer: { dprediction: [-2, 0, 6, 0] },
    },
    ...rowLoss(),
    inputs: { prediction: (random) => uniform(random, -2, 2), target: (random) => () => (random() < 0.5 ? -1 : 1) },
    bounds: (_, { dprediction }) => ({ dprediction: relative(dprediction, 2) }),
  },
  sampleWeights: {
    example: {
      args: {
        weights: [9, 9, 9, 9],
        labels: [0, 1, -100, 1],
        classWeights: [1, 0.5],
        rows: 4,
        classes: 2,
        ignore: -100,
      },
      answer: { weights: [2, 1, 0, 1] },
    },
    cases: rowCases('classes', 1).map((numbers, i) => ({
      ...numbers,
      ignore: [Number.NaN, 0, 2][i % 3] as number,
      normalize: Math.floor(i / 3) % 2,
    })),
    random: fc
      .tuple(rowRandom('classes', 1), fc.constantFrom(Number.NaN, 0), fc.constantFrom(0, 1))
      .map(([numbers, ignore, normalize]) => ({ ...numbers, ignore, normalize })),
    inputs: { labels, classWeights: (random) => uniform(random, 0.1, 2) },
    // Divided in double precision; one rounding.
    bounds: (_, { weights }) => ({ weights: relative(weights, 1) }),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
} satisfies SpecsOf<typeof declared>
