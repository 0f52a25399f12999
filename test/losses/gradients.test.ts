// Every loss against central differences, in float64 on the reference.

import { describe, expect, it } from 'vitest'
import { reference } from '../../src/kernels/reference/backend.js'
import { Node, Pass } from '../../src/layers/node.js'
import { huber, mae } from '../../src/losses/absolute-error.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { hinge } from '../../src/losses/hinge.js'
import { klDivergence } from '../../src/losses/kl-divergence.js'
import type { Loss } from '../../src/losses/loss.js'
import { nll } from '../../src/losses/nll.js'
import { halfSquaredError, mse } from '../../src/losses/squared-error.js'
import { Random } from '../../src/random/random.js'
import { Tensor } from '../../src/tensor/tensor.js'

const { kernels } = reference({ dtype: 'float64' })
const step = 1e-6
const [rows, cols] = [4, 5]

/** Uniform numbers from `low` to `high`. */
function numbers(shape: readonly number[], seed: number, low: number, high: number): Tensor {
  const random = new Random(seed)
  const size = shape.reduce((a, b) => a * b, 1)
  return new Tensor(
    Float64Array.from({ length: size }, () => random.uniform(low, high)),
    shape,
  )
}

/** The largest difference between differentiate() and the difference quotient of Σ weight · loss, relative to 1 + |it|. */
function worstDifference(loss: Loss, prediction: Tensor, target: Tensor): number {
  const weights = numbers([prediction.shape[0] as number], 9, 0.5, 1.5)
  const makeNode = (): Node => new Node(new Pass(kernels, true), loss.name, [true])
  const value = (): number => {
    const losses = loss.compute(makeNode(), prediction, target).data
    return [...weights.data].reduce((sum, weight, i) => sum + weight * (losses[i] as number), 0)
  }
  const node = makeNode()
  loss.compute(node, prediction, target)
  const gradient = loss.differentiate(node, weights)
  expect(gradient.shape).toEqual(prediction.shape)
  let worst = 0
  prediction.data.forEach((held, i) => {
    prediction.data[i] = held + step
    const above = value()
    prediction.data[i] = held - step
    const quotient = (above - value()) / (2 * step)
    prediction.data[i] = held
    worst = Math.max(worst, Math.abs((gradient.data[i] as number) - quotient) / (1 + Math.abs(quotient)))
  })
  return worst
}

const labels = new Tensor(Int32Array.of(0, 4, 2, 2), [rows])
const shape = [rows, cols] as const
/** Rows that add up to 1. */
const distributions = ((): Tensor => {
  const t = numbers(shape, 3, 0, 1)
  for (let row = 0; row < rows; row++) {
    const part = t.data.subarray(row * cols, (row + 1) * cols) as Float64Array
    const sum = part.reduce((a, b) => a + b, 0)
    part.forEach((value, i) => {
      part[i] = value / sum
    })
  }
  t.data[7] = 0
  return t
})()
const signs = new Tensor(numbers(shape, 4, -1, 1).data.map((value) => Math.sign(value)) as Float64Array, shape)

const cases: readonly [string, Loss, Tensor, Tensor?][] = [
  ['crossEntropy, labels', crossEntropy(), labels],
  ['crossEntropy, rows', crossEntropy(), distributions],
  ['crossEntropy, smoothed labels', crossEntropy({ labelSmoothing: 0.1 }), labels],
  ['crossEntropy, smoothed rows', crossEntropy({ labelSmoothing: 0.1 }), distributions],
  ['crossEntropy, weighted', crossEntropy({ classWeights: [0.2, 1, 3, 0.5, 2], labelSmoothing: 0.2 }), labels],
  ['crossEntropy, ignoring', crossEntropy({ ignoreIndex: 2 }), labels],
  ['crossEntropy, weighted sum', crossEntropy({ classWeights: [0.2, 1, 3, 0.5, 2], reduction: 'sum' }), labels],
  ['nll', nll(), labels],
  ['nll, weighted and ignoring', nll({ classWeights: [0.2, 1, 3, 0.5, 2], ignoreIndex: 4 }), labels],
  ['mse', mse(), numbers(shape, 5, -1, 1)],
  ['halfSquaredError', halfSquaredError(), numbers(shape, 5, -1, 1)],
  ['mae', mae(), numbers(shape, 5, -1, 1)],
  ['huber', huber({ delta: 0.7 }), numbers(shape, 5, -1, 1)],
  ['binaryCrossEntropy', binaryCrossEntropy(), numbers(shape, 6, 0, 1)],
  [
    'binaryCrossEntropy, labels',
    binaryCrossEntropy(),
    new Tensor(Int32Array.of(0, 1, 1, 0), [4]),
    numbers([4, 1], 7, -2, 2),
  ],
  ['klDivergence', klDivergence(), distributions],
  ['hinge', hinge(), signs],
  ['hinge, labels', hinge(), new Tensor(Int32Array.of(0, 1, 1, 0), [4]), numbers([4, 1], 7, -2, 2)],
]

describe('gradients of losses', () => {
  it.each(cases)('%s', (_, loss, target, prediction = numbers(shape, 1, -1.5, 1.5)) => {
    expect(worstDifference(loss, prediction, target)).toBeLessThan(1e-8)
  })
  it('of pictures, (N, C, H, W)', () => {
    expect(worstDifference(mse(), numbers([2, 1, 3, 2], 1, -1, 1), numbers([2, 1, 3, 2], 2, -1, 1))).toBeLessThan(1e-8)
  })
  it('at a kink and where a target is met', () => {
    const zero = new Tensor(Float64Array.of(0), [1, 1])
    const at = (loss: Loss, target: number): number => {
      loss.forward(zero, new Tensor(Float64Array.of(target), [1, 1]))
      return loss.backward().item()
    }
    expect([at(mae(), 0), at(mse(), 0), at(huber(), 0), at(huber(), -1), at(huber(), 1)]).toEqual([0, 0, 0, 1, -1])
  })
})
