// Losses by hand: golden values of the notes (rows 21 to 28), plain formulas, reductions, and what they refuse.

import { describe, expect, it } from 'vitest'
import { huber, mae } from '../../src/losses/absolute-error.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { hinge } from '../../src/losses/hinge.js'
import { klDivergence } from '../../src/losses/kl-divergence.js'
import type { Loss, LossOptions, Reduced, Reduction } from '../../src/losses/loss.js'
import { nll } from '../../src/losses/nll.js'
import { halfSquaredError, mse } from '../../src/losses/squared-error.js'
import { Random } from '../../src/random/random.js'
import { tensor } from '../../src/tensor/create.js'
import type { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'

const loosely = (value: unknown): never => value as never
const float64 = (rows: readonly (readonly number[])[]): Tensor => tensor(rows, undefined, { element: 'float64' })
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The book's two predictions for a digit that is a 2. */
const y = [
  [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0],
  [0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0],
] as const
const t = y.map(() => [0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
/** The book's ln(y + 1e-7). */
const logs = y.map((row) => row.map((p) => Math.log(p + 1e-7)))

describe('golden values', () => {
  it('row 21: the half squared error of the book is 0.0975, and 0.5975', () => {
    const each = halfSquaredError({ reduction: 'none' }).forward(float64(y), float64(t))
    expect(each.data[0]).toBeCloseTo(0.0975, 15)
    expect(each.data[1]).toBeCloseTo(0.5975, 15)
    expect(halfSquaredError().forward(y, t)).toBeCloseTo((0.0975 + 0.5975) / 2, 6)
  })
  it('rows 22 and 24: -ln of the label’s probability, 0.5108255 and 2.3025841', () => {
    const each = nll({ reduction: 'none' }).forward(float64(logs), [2, 2])
    expect(each.data[0]).toBeCloseTo(0.510825457099338, 14)
    expect(each.data[1]).toBeCloseTo(2.302584092994546, 14)
    expect(nll().forward(logs.slice(0, 1), [2])).toBeCloseTo(0.5108255, 6)
  })
  it('row 23: one-hot rows and labels give the mean of a batch, not the entropy of the prediction', () => {
    // A softmax of ln(y + 1e-7) divides by Σ (y + 1e-7) = 1 + 1e-6.
    const expected = (0.510825457099338 + 2.302584092994546) / 2 + Math.log(1 + 1e-6)
    expect(crossEntropy().forward(float64(logs), float64(t))).toBeCloseTo(expected, 14)
    expect(crossEntropy().forward(float64(logs), [2, 2])).toBeCloseTo(expected, 14)
  })
  it('row 25: labels and rows are told apart by rank, not by size: a batch of one, one class too many', () => {
    const logits = float64([[1, 3]])
    expect(crossEntropy().forward(logits, [1])).toBeCloseTo(Math.log(1 + Math.exp(-2)), 14)
    expect(crossEntropy().forward(logits, float64([[0, 1]]))).toBeCloseTo(Math.log(1 + Math.exp(-2)), 14)
  })
  it('rows 26 and 27: backward is (softmax - one-hot) / N, times the gradient, for one sample too', () => {
    for (const target of [[2, 2], float64(t)]) {
      const loss = crossEntropy()
      loss.forward(float64(logs), target)
      for (const gradient of [1, 3]) {
        const dx = loss.backward(gradient).toArray() as number[][]
        dx.forEach((row, r) => {
          row.forEach((value, c) => {
            const expected = ((y[r]?.[c] ?? 0) - (t[r]?.[c] ?? 0)) / 2
            expect(Math.abs(value - gradient * expected)).toBeLessThan(2e-6)
          })
        })
      }
    }
    const one = crossEntropy()
    one.forward(float64(logs.slice(0, 1)), [2])
    expect(one.backward().at(0, 2)).toBeCloseTo(0.6 - 1, 5)
  })
  it('row 28: the half squared error’s gradient is y - t, divided by the batch', () => {
    const loss = halfSquaredError()
    loss.forward(float64(y.slice(0, 1)), float64(t.slice(0, 1)))
    expect((loss.backward().toArray() as number[][])[0]).toEqual(y[0].map((p, i) => p - (t[0]?.[i] ?? 0)))
    loss.forward(float64(y), float64(t))
    expect(loss.backward().at(0, 2)).toBe((0.6 - 1) / 2)
  })
})

const random = new Random(5)
const draw = (low: number, high: number): number[][] =>
  Array.from({ length: 6 }, () => Array.from({ length: 3 }, () => random.uniform(low, high)))
const reals = [draw(-3, 3), draw(-3, 3)] as const
const probabilities = draw(0.1, 1).map((row) => row.map((value) => value / sum(row)))
const mean = (values: readonly number[]): number => sum(values) / values.length
const over = (p: readonly number[], target: readonly number[], f: (x: number, t: number) => number): number[] =>
  p.map((x, i) => f(x, target[i] as number))

interface Example {
  readonly make: <R extends Reduction>(options: LossOptions<R>) => Loss<Reduced<R>>
  readonly prediction: readonly (readonly number[])[]
  readonly target: readonly (readonly number[])[]
  /** The loss of one sample. */
  readonly formula: (prediction: readonly number[], target: readonly number[]) => number
}
const examples: Readonly<Record<string, Example>> = {
  mse: {
    make: mse,
    prediction: reals[0],
    target: reals[1],
    formula: (p, q) => mean(over(p, q, (x, target) => (x - target) ** 2)),
  },
  halfSquaredError: {
    make: halfSquaredError,
    prediction: reals[0],
    target: reals[1],
    formula: (p, q) => sum(over(p, q, (x, target) => (x - target) ** 2)) / 2,
  },
  mae: {
    make: mae,
    prediction: reals[0],
    target: reals[1],
    formula: (p, q) => mean(over(p, q, (x, target) => Math.abs(x - target))),
  },
  huber: {
    make: (options) => huber({ ...options, delta: 1.5 }),
    prediction: reals[0],
    target: reals[1],
    formula: (p, q) =>
      mean(
        over(p, q, (x, target) => {
          const d = Math.abs(x - target)
          return d <= 1.5 ? (d * d) / 2 : 1.5 * (d - 0.75)
        }),
      ),
  },
  binaryCrossEntropy: {
    make: binaryCrossEntropy,
    prediction: reals[0],
    target: probabilities,
    formula: (p, q) =>
      mean(
        over(p, q, (x, target) => {
          const yes = 1 / (1 + Math.exp(-x))
          return -target * Math.log(yes) - (1 - target) * Math.log(1 - yes)
        }),
      ),
  },
  klDivergence: {
    make: klDivergence,
    prediction: reals[0].map((row) => row.map((x) => x - Math.log(sum(row.map(Math.exp))))),
    target: probabilities,
    formula: (p, q) => sum(over(p, q, (x, target) => target * (Math.log(target) - x))),
  },
  hinge: {
    make: hinge,
    prediction: reals[0],
    target: reals[1].map((row) => row.map(Math.sign)),
    formula: (p, q) => mean(over(p, q, (x, target) => Math.max(0, 1 - target * x))),
  },
  crossEntropy: {
    make: crossEntropy,
    prediction: reals[0],
    target: probabilities,
    formula: (p, q) => sum(over(p, q, (x, target) => -target * (x - Math.log(sum(p.map(Math.exp)))))),
  },
}

describe.each(Object.entries(examples))('%s', (name, { make, prediction, target, formula }) => {
  const each = prediction.map((row, i) => formula(row, target[i] as readonly number[]))
  const [p, q] = [float64(prediction), float64(target)]

  it('is its formula, for every reduction (row 91)', () => {
    expect(make({}).name).toBe(name)
    expect(make({}).forward(p, q)).toBeCloseTo(mean(each), 12)
    expect(make({ reduction: 'sum' }).forward(p, q)).toBeCloseTo(sum(each), 12)
    const losses = make({ reduction: 'none' }).forward(p, q)
    expect(losses.shape).toEqual([each.length])
    losses.data.forEach((value, i) => {
      expect(value).toBeCloseTo(each[i] as number, 12)
    })
  })
  it('is the same for a batch of one', () => {
    expect(make({}).forward(float64(prediction.slice(2, 3)), float64(target.slice(2, 3)))).toBeCloseTo(
      each[2] as number,
      12,
    )
  })
  it('has gradients in proportion to the reduction', () => {
    const gradient = (reduction: Reduction, given?: number | Tensor): Float64Array => {
      const loss = make({ reduction })
      loss.forward(p, q)
      return loss.backward(given).data as Float64Array
    }
    const [total, average, single] = [gradient('sum'), gradient('mean'), gradient('none')]
    const weights = each.map((_, i) => i - 2)
    const weighted = gradient('none', tensor(weights))
    const doubled = gradient('none', 2)
    total.forEach((value, i) => {
      expect(single[i]).toBe(value)
      expect(doubled[i]).toBeCloseTo(2 * value, 14)
      expect(average[i]).toBeCloseTo(value / each.length, 14)
      expect(weighted[i]).toBeCloseTo(value * (weights[Math.floor(i / 3)] as number), 14)
    })
  })
  it('computes in the default backend’s float type unless the prediction is float64', () => {
    const loss = make({ reduction: 'none' })
    const losses = loss.forward(prediction, target)
    expect([losses.element, loss.backward().element]).toEqual(['float32', 'float32'])
    losses.data.forEach((value, i) => {
      expect(Math.abs(value - (each[i] as number))).toBeLessThan(1e-5)
    })
    expect(loss.forward(p, target).element).toBe('float64')
  })
  it('refuses targets of another shape', async () => {
    const wrong = target.map((row) => row.slice(1))
    expect(await failureOf(() => make({}).forward(prediction, wrong))).toEqual({
      code: 'ERR_SHAPE',
      message: expect.stringMatching(new RegExp(`^${name}: .*\\(2,\\).*\\(3,\\)|^${name}: .*\\(3,\\).*\\(2,\\)`)),
    })
  })
})

describe('labels for one output', () => {
  const logits = [[2], [-1], [0.5]]
  it('are the targets 0 and 1 of binaryCrossEntropy, -1 and 1 of hinge', () => {
    for (const [make, zero] of [
      [binaryCrossEntropy, 0],
      [hinge, -1],
    ] as const) {
      const [labels, rows] = [make(), make()]
      expect(labels.forward(float64(logits), [1, 0, 0])).toBe(rows.forward(float64(logits), [[1], [zero], [zero]]))
      expect(labels.backward().toArray()).toEqual(rows.backward().toArray())
      expect(labels.labelCount([1])).toBe(2)
    }
  })
  it('are no others', async () => {
    expect(await failureOf(() => binaryCrossEntropy().forward(logits, [0, 1, 2]))).toEqual({
      code: 'ERR_LABEL',
      message: expect.stringMatching(/label of sample 2 is 2, expected an integer from 0 below 2/),
    })
    expect((await failureOf(() => binaryCrossEntropy().forward(logits, [0.5, 0, 1]))).message).toMatch(
      /label of sample 0 is 0\.5, .* give y the shape \(samples, outputs\)/,
    )
    expect((await failureOf(() => binaryCrossEntropy().forward([[1, 2]], [1]))).message).toMatch(
      /expected a row of shape \(2,\).*crossEntropy/,
    )
    expect((await failureOf(() => mse().forward(logits, [0, 1, 2]))).message).toMatch(/reshape y to \(samples, 1\)/)
  })
})

describe('extreme values', () => {
  it('of logits overflow nowhere', () => {
    expect(binaryCrossEntropy().forward(float64([[1000], [-1000]]), [0, 1])).toBe(1000)
    expect(binaryCrossEntropy().forward(float64([[1000], [-1000]]), [1, 0])).toBe(0)
    expect(crossEntropy().forward(float64([[1000, -1000]]), [1])).toBe(2000)
  })
  it('of targets: a probability of 0 adds nothing to klDivergence', () => {
    expect(klDivergence().forward(float64([[-1, -800]]), float64([[1, 0]]))).toBe(1)
  })
})

describe('losses', () => {
  it('say what their prediction is', () => {
    const told = [
      crossEntropy(),
      nll(),
      mse(),
      halfSquaredError(),
      mae(),
      huber(),
      binaryCrossEntropy(),
      klDivergence(),
      hinge(),
    ]
    expect(told.filter(({ classifies }) => classifies).map(({ name }) => name)).toEqual(['crossEntropy', 'nll'])
    expect(told.filter(({ takesLogits }) => takesLogits).map(({ name }) => name)).toEqual([
      'crossEntropy',
      'binaryCrossEntropy',
    ])
    expect([told[0]?.seedDivisor(7), mse({ reduction: 'sum' }).seedDivisor(7)]).toEqual([7, 1])
  })
  it('refuse options that are unknown or out of range', async () => {
    for (const [make, message] of [
      [() => mse({ reduction: loosely('average') }), /reduction is "average", expected 'mean', 'sum' or 'none'/],
      [() => mse({ delta: 1 } as object), /mse: unknown option 'delta', expected reduction/],
      [() => huber({ delta: 0 }), /huber: delta is 0, expected a finite number above 0/],
      [() => crossEntropy({ labelSmoothing: 1.5 }), /labelSmoothing is 1\.5, expected a number from 0 to 1/],
      [() => crossEntropy({ classWeights: [] }), /classWeights is \[\], expected a list/],
      [() => nll({ classWeights: [1, -1] }), /nll: classWeights\[1\] is -1, expected a finite number from 0/],
      [() => nll({ ignoreIndex: -100 }), /nll: ignoreIndex is -100, expected a label, a whole number from 0/],
    ] as const) {
      expect(await failureOf(make)).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
    }
  })
  it('refuse backward() too early, a gradient of another shape, and an empty batch', async () => {
    expect((await failureOf(() => mse().backward())).code).toBe('ERR_STATE')
    const [each, total] = [mse({ reduction: 'none' }), mse()]
    each.forward([[1], [2]], [[1], [1]])
    total.forward([[1], [2]], [[1], [1]])
    expect((await failureOf(() => each.backward([1, 2, 3]))).message).toMatch(/\(3,\), expected .* each sample, \(2,\)/)
    expect((await failureOf(() => total.backward([1, 2]))).message).toMatch(
      /\(2,\), expected a number \(reduction 'mean'/,
    )
    const empty = await failureOf(() => mse().forward(tensor([], [0, 1]), tensor([], [0, 1])))
    expect(empty.code).toBe('ERR_DATA')
  })
  it('refuse predictions without an axis of outputs', async () => {
    expect((await failureOf(() => mse().forward([1, 2], [1, 2]))).message).toMatch(/expected \(samples, outputs\)/)
    expect((await failureOf(() => crossEntropy().forward([1, 2], [1, 1]))).message).toMatch(/expected logits \(C,\)/)
    expect((await failureOf(() => crossEntropy().forward([[1]], [0]))).message).toMatch(/binaryCrossEntropy\(\)/)
    expect((await failureOf(() => nll().forward([[1, 2]], [[0, 1]]))).message).toMatch(
      /dense targets.*log-probabilities/,
    )
  })
})
