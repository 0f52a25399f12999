// Specs of src/kernels/declarations/optimizers.ts.

import fc from 'fast-check'
import type { optimizers as declared } from '../../../src/kernels/declarations/optimizers.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Bound, Numbers, SpecsOf } from '../spec.js'
import { between0And1, lengths, tiny, u } from './common.js'

/** Every length with each of the settings in turn, and random lengths with any of them. */
const withSettings = (settings: readonly Numbers[]) => ({
  cases: lengths.map((n, i) => ({ n, ...settings[i % settings.length] })),
  random: fc.tuple(fc.nat(5000), fc.constantFrom(...settings)).map(([n, setting]) => ({ n, ...setting })),
  benchmark: { weights: { n: 39760, ...settings[0] } },
})

interface Decayed {
  readonly parameters: TensorData
  readonly gradients: TensorData
  readonly weightDecay: number
}
/** g = gradient + weightDecay · parameter; and its size G without cancellation. g is within 3 u G. */
const decayed = ({ parameters, gradients, weightDecay }: Decayed, i: number) => ({
  g: gradients[i] + weightDecay * parameters[i],
  size: Math.abs(gradients[i]) + Math.abs(weightDecay * parameters[i]),
})

interface Scaled extends Decayed {
  readonly lr: number
  readonly epsilon: number
}
/**
 * Bounds of parameter -= lr · g / (√s + epsilon), s = keep · squares + add · g². To first order: s is within u (6 add |g| G
 * + 5 s); √s, since √add |g| <= √s, within u (3 √add G + 3.5 √s); the quotient q within u (G / d · (3 + 3 √add |q|) + 6
 * |q|), d being the divisor and √add |q| <= 1; then lr, a product and the subtraction.
 */
const scaledStep = (before: Scaled, squares: TensorData, result: TensorData, add: number) => ({
  squares: (i: number): number => {
    const { g, size } = decayed(before, i)
    return u * (6 * add * Math.abs(g) * size + 5 * squares[i]) + 3 * tiny
  },
  parameters: (i: number): number => {
    const { g, size } = decayed(before, i)
    const divisor = Math.sqrt(squares[i]) + before.epsilon
    return u * (Math.abs(result[i]) + before.lr * ((6 * size) / divisor + (8 * Math.abs(g)) / divisor)) + 3 * tiny
  },
})

export const optimizers = {
  sgdStep: {
    example: {
      args: { parameters: [1, -2], gradients: [3, 0.5], n: 2, lr: 0.5, weightDecay: 0.25 },
      answer: { parameters: [-0.625, -2] },
    },
    cases: [
      ...lengths.map((n, i) => ({ n, lr: 0.1, weightDecay: i % 2 === 0 ? 0 : 0.01 })),
      { n: 67, lr: 0 },
      { n: 67, lr: 1, weightDecay: 1 },
    ],
    random: fc.record({ n: fc.nat(5000), lr: fc.constantFrom(0.1, 1, 1e-3), weightDecay: fc.constantFrom(0, 0.01) }),
    // lr and weightDecay rounded, two products, an addition; the subtraction.
    bounds: ({ parameters, gradients, lr, weightDecay }, { parameters: result }) => ({
      parameters: (i) => {
        const decay = 5 * Math.abs(lr * weightDecay * parameters[i])
        return u * (Math.abs(result[i]) + 3 * Math.abs(lr * gradients[i]) + decay) * 1.01 + 3 * tiny
      },
    }),
    benchmark: { weights: { n: 39760, lr: 0.1 }, 'with decay': { n: 39760, lr: 0.1, weightDecay: 0.01 } },
  },
  momentumStep: {
    example: {
      args: {
        parameters: [1, 2],
        velocity: [4, 0],
        gradients: [1, -3],
        n: 2,
        nesterov: 1,
        lr: 0.5,
        momentum: 0.25,
        weightDecay: 0.5,
      },
      // g = [1.5, -2], velocity = [2.5, -2], steps of g + 0.25 · velocity.
      answer: { velocity: [2.5, -2], parameters: [-0.0625, 3.25] },
    },
    ...withSettings([
      { lr: 0.1, momentum: 0.9 },
      { lr: 0.1, momentum: 0.9, nesterov: 1 },
      { lr: 1, momentum: 0.5, weightDecay: 0.01 },
      { lr: 0.01, momentum: 0.9, weightDecay: 0.1, nesterov: 1 },
      { lr: 0, momentum: 0 },
    ]),
    // With V = |momentum · velocity| + G: velocity within 4 u V (momentum rounded, a product, a sum, g); the step g +
    // momentum · velocity within 7 u (G + |momentum| V); then lr, a product and the subtraction.
    bounds: (before, { parameters: result }) => {
      const { velocity, momentum, lr, nesterov } = before
      const size = (i: number): number => Math.abs(momentum * velocity[i]) + decayed(before, i).size
      return {
        velocity: (i) => 4.1 * u * size(i) + 3 * tiny,
        parameters: (i) => {
          const step = nesterov === 1 ? 9 * (decayed(before, i).size + momentum * size(i)) : 6 * size(i)
          return 1.01 * u * (Math.abs(result[i]) + lr * step) + 4 * tiny
        },
      }
    },
  },
  adagradStep: {
    example: {
      args: { parameters: [1, 2], squares: [0, 5], gradients: [3, 1], n: 2, lr: 0.5, epsilon: 1, weightDecay: 0.5 },
      // g = [3.5, 2], squares = [12.25, 9].
      answer: { squares: [12.25, 9], parameters: [1 - 1.75 / 4.5, 1.75] },
    },
    ...withSettings([
      { lr: 0.01, epsilon: 1e-10 },
      { lr: 1.5, epsilon: 1e-7 },
      { lr: 0.1, epsilon: 1e-3, weightDecay: 0.1 },
    ]),
    inputs: { squares: between0And1 },
    bounds: (before, { parameters, squares }): Record<string, Bound> => scaledStep(before, squares, parameters, 1),
  },
  rmspropStep: {
    example: {
      args: {
        parameters: [1, 2],
        squares: [1, 4],
        gradients: [2, -3],
        n: 2,
        lr: 0.5,
        alpha: 0.75,
        epsilon: 0.5,
        weightDecay: 0.5,
      },
      // g = [2.5, -2], squares = [0.75 + 1.5625, 4].
      answer: { squares: [2.3125, 4], parameters: [1 - 1.25 / (Math.sqrt(2.3125) + 0.5), 2.4] },
    },
    ...withSettings([
      { lr: 0.01, alpha: 0.99, epsilon: 1e-8 },
      { lr: 0.3, alpha: 0.9, epsilon: 1e-7 },
      { lr: 0.1, alpha: 0.5, epsilon: 1e-3, weightDecay: 0.1 },
    ]),
    inputs: { squares: between0And1 },
    bounds: (before, { parameters, squares }): Record<string, Bound> =>
      scaledStep(before, squares, parameters, 1 - before.alpha),
  },
  adamStep: {
    example: {
      args: {
        parameters: [1, 2],
        mean: [1, 0],
        squares: [1, 4],
        gradients: [2, -3],
        n: 2,
        lr: 0.5,
        beta1: 0.5,
        beta2: 0.75,
        rootScale: 2,
        epsilon: 1,
        weightDecay: 0.5,
        shrink: 0.25,
      },
      // g = [2.5, -2], mean = [1.75, -1], squares = [2.3125, 4].
      answer: {
        mean: [1.75, -1],
        squares: [2.3125, 4],
        parameters: [0.75 - 0.875 / (2 * Math.sqrt(2.3125) + 1), 1.6],
      },
    },
    ...withSettings([
      { lr: 0.01, beta1: 0.9, beta2: 0.999, rootScale: 31.63, epsilon: 1e-8 },
      { lr: 0.001, beta1: 0.9, beta2: 0.999, rootScale: 1, epsilon: 1e-7, shrink: 1e-5 },
      { lr: 0.1, beta1: 0.5, beta2: 0.9, rootScale: 3, epsilon: 1e-3, weightDecay: 0.1, shrink: 0.01 },
    ]),
    inputs: { squares: between0And1 },
    // mean within 6 u M, M = |beta1 · mean| + (1 - beta1) G; squares and their root as in scaledStep; rootScale,
    // a product and epsilon make the divisor d within u (3 √(1 - beta2) G · rootScale + 7 d); the quotient, lr, a
    // product; 1 - shrink, a product; the subtraction.
    bounds: (before, { parameters: result, mean, squares }) => {
      const { beta1, beta2, lr, rootScale, epsilon, shrink } = before
      const size = (i: number): number => Math.abs(beta1 * before.mean[i]) + (1 - beta1) * decayed(before, i).size
      return {
        mean: (i) => 6 * u * size(i) + 3 * tiny,
        squares: scaledStep(before, squares, result, 1 - beta2).squares,
        parameters: (i) => {
          const divisor = Math.sqrt(squares[i]) * rootScale + epsilon
          const quotient = Math.abs(mean[i]) / divisor
          const rootError = (3 * Math.sqrt(1 - beta2) * decayed(before, i).size * rootScale) / divisor
          const step = lr * ((6 * size(i)) / divisor + quotient * (rootError + 10))
          const kept = 2 * Math.abs((1 - shrink) * before.parameters[i])
          return 1.01 * u * (Math.abs(result[i]) + kept + step) + 4 * tiny
        },
      }
    },
  },
  averageStep: {
    example: { args: { averages: [1, -2], parameters: [3, 6], n: 2, share: 0.25 }, answer: { averages: [1.5, 0] } },
    ...withSettings([{ share: 0.001 }, { share: 0.9 }, { share: 0.1 }, { share: 1 }]),
    // share rounded, a difference, a product; an addition.
    bounds: ({ averages, parameters, share }, { averages: result }) => ({
      averages: (i) => u * (3.1 * Math.abs(share * (parameters[i] - averages[i])) + Math.abs(result[i])) + 2 * tiny,
    }),
  },
} satisfies SpecsOf<typeof declared>
