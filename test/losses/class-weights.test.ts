// Class weights, ignored labels and label smoothing against a version written out in plain JavaScript.

import { describe, expect, it } from 'vitest'
import { type CrossEntropyOptions, crossEntropy } from '../../src/losses/cross-entropy.js'
import type { Reduction } from '../../src/losses/loss.js'
import { nll } from '../../src/losses/nll.js'
import { Random } from '../../src/random/random.js'
import { tensor } from '../../src/tensor/create.js'
import { failureOf } from '../failure.js'

const random = new Random(2)
const classes = 4
const labels = [0, 3, 1, 1, 2, 3, 0]
const logits = labels.map(() => Array.from({ length: classes }, () => random.uniform(-2, 2)))
const logProbabilities = logits.map((row) => {
  const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0))
  return row.map((x) => x - total)
})
const float64 = (rows: number[][]) => tensor(rows, undefined, { element: 'float64' })
const add = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Sums and weights as PyTorch computes them. */
function byHand(options: CrossEntropyOptions, given = labels): { losses: number[]; weights: number[] } {
  const { classWeights, ignoreIndex, labelSmoothing: smoothing = 0 } = options
  const weights = given.map((label) => (label === ignoreIndex ? 0 : (classWeights?.[label] ?? 1)))
  const losses = given.map((label, i) => {
    const row = logProbabilities[i] as number[]
    if (weights[i] === 0) return 0
    const even = -add(row) / classes
    return (weights[i] as number) * ((1 - smoothing) * -(row[label] as number) + smoothing * even)
  })
  return { losses, weights }
}
const classWeights = [0.5, 2, 0, 1.5]
const options: readonly CrossEntropyOptions[] = [
  { classWeights },
  { classWeights: Float32Array.from(classWeights) },
  { ignoreIndex: 3 },
  { classWeights, ignoreIndex: 1 },
  { labelSmoothing: 0.1 },
  { labelSmoothing: 1 },
  { classWeights, ignoreIndex: 0, labelSmoothing: 0.3 },
]

describe('crossEntropy', () => {
  it.each(options)('with %o', (given) => {
    const { losses, weights } = byHand(given)
    const forward = <R extends Reduction>(reduction: R) =>
      crossEntropy({ ...given, reduction }).forward(float64(logits), labels)
    expect(forward('mean')).toBeCloseTo(add(losses) / add(weights), 12)
    expect(forward('sum')).toBeCloseTo(add(losses), 12)
    forward('none').data.forEach((value, i) => {
      expect(value).toBeCloseTo(losses[i] as number, 12)
    })
  })
  it('smooths rows as it does labels', () => {
    const rows = labels.map((label) => Array.from({ length: classes }, (_, c) => (c === label ? 1 : 0)))
    const loss = crossEntropy({ labelSmoothing: 0.1 })
    expect(loss.forward(float64(logits), float64(rows))).toBeCloseTo(loss.forward(float64(logits), labels), 14)
  })
  it('ignores labels that are no classes, in the gradient too', () => {
    const loss = crossEntropy({ ignoreIndex: 255 })
    const given = labels.map((label) => (label === 3 ? 255 : label))
    const expected = byHand({ ignoreIndex: 3 })
    expect(loss.forward(float64(logits), given)).toBeCloseTo(add(expected.losses) / add(expected.weights), 12)
    const gradient = loss.backward().toArray() as number[][]
    gradient.forEach((row, i) => {
      expect(row.every((value) => value === 0)).toBe(given[i] === 255)
    })
    expect(loss.ignoreIndex).toBe(255)
  })
  it('is 0, and so is its gradient, where every sample is ignored', () => {
    const loss = crossEntropy({ ignoreIndex: 1 })
    expect(
      loss.forward(
        float64(logits),
        labels.map(() => 1),
      ),
    ).toBe(0)
    expect(new Set(loss.backward().data)).toEqual(new Set([0]))
  })
  it('needs labels, and a weight for each class', async () => {
    const rows = logits.map(() => [1, 0, 0, 0])
    expect(await failureOf(() => crossEntropy({ classWeights }).forward(logits, rows))).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(/classWeights needs class numbers as targets.*got rows of shape \(4,\)/),
    })
    expect((await failureOf(() => crossEntropy({ ignoreIndex: 1 }).forward(logits, rows))).message).toMatch(
      /ignoreIndex needs class numbers/,
    )
    expect((await failureOf(() => crossEntropy({ classWeights: [1, 2] }).forward(logits, labels))).message).toMatch(
      /classWeights has 2 weights, expected one for each of the 4 outputs/,
    )
    expect(
      (await failureOf(() => crossEntropy({ ignoreIndex: 1 }).forward(logits, [...labels.slice(1), 4]))).code,
    ).toBe('ERR_LABEL')
  })
  it('computes in float32 as well', () => {
    const { losses, weights } = byHand({ classWeights })
    expect(crossEntropy({ classWeights }).forward(logits, labels)).toBeCloseTo(add(losses) / add(weights), 5)
  })
})

describe('nll', () => {
  it('on log-probabilities is crossEntropy on logits', () => {
    for (const reduction of ['mean', 'sum'] as const) {
      const given = { classWeights, ignoreIndex: 1, reduction }
      const expected = crossEntropy(given).forward(float64(logits), labels)
      expect(nll(given).forward(float64(logProbabilities), labels)).toBeCloseTo(expected, 12)
    }
  })
})
