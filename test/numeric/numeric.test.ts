// Rows 60 to 64 of the notes: numerical differentiation and gradient descent.

import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { gradientDescent } from '../../src/numeric/gradient-descent.js'
import { numericalDiff, numericalGradient } from '../../src/numeric/numerical-gradient.js'
import { tensor } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'

const squares = (x: readonly number[]): number => x.reduce((sum, value) => sum + value ** 2, 0)
const loosely = (value: unknown): never => value as never
function near(actual: ArrayLike<number>, expected: readonly number[], within: number): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value), `element ${i}: ${actual[i]}, expected ${value}`).toBeLessThan(
      within,
    )
  })
}

describe('numericalDiff (row 60)', () => {
  it('is the book’s central difference', () => {
    const f = (x: number): number => 0.01 * x ** 2 + 0.1 * x
    // The book prints 0.1999999999990898 and 0.2999999999986347.
    expect(numericalDiff(f, 5)).toBeCloseTo(0.1999999999990898, 12)
    expect(numericalDiff(f, 10)).toBeCloseTo(0.2999999999986347, 12)
  })
  it('has an error of h² f‴/6', () => {
    for (const h of [1e-1, 1e-2, 1e-3]) {
      expect(numericalDiff((x) => x ** 3, 2, h) - 12).toBeCloseTo(h * h, 9)
    }
  })
  it('refuses what is no function, number or step', async () => {
    expect((await failureOf(() => numericalDiff(loosely(3), 1))).message).toMatch(
      /numericalDiff: f is 3, expected a fun/,
    )
    expect((await failureOf(() => numericalDiff(Math.abs, loosely('1')))).message).toMatch(
      /x is "1", expected a finite/,
    )
    expect((await failureOf(() => numericalDiff(Math.abs, 1, 0))).message).toMatch(/h is 0, expected .* above 0/)
    expect(
      (
        await failureOf(() =>
          numericalDiff(
            loosely(async () => 1),
            1,
          ),
        )
      ).message,
    ).toMatch(/f gave a Promise/)
  })
})

describe('numericalGradient (rows 61 to 63)', () => {
  it('gives the book’s gradients of x₀² + x₁²', () => {
    near(numericalGradient(squares, [3, 4]), [6, 8], 1e-9)
    near(numericalGradient(squares, [0, 2]), [0, 4], 1e-9)
    near(numericalGradient(squares, [3, 0]), [6, 0], 1e-9)
  })
  it('does not truncate for integers, nor lose digits for float32', () => {
    const f = (x: Float64Array): number => squares([...x])
    near(numericalGradient(f, Int32Array.of(3, 4)), [6, 8], 1e-9)
    near(numericalGradient(f, Float32Array.of(0.5)), [1], 1e-9)
    const given = tensor([[0.5, 2]])
    const gradient = numericalGradient((x) => squares([...x.data]), given)
    expect([gradient.element, gradient.shape]).toEqual(['float64', [1, 2]])
    near(gradient.data, [1, 4], 1e-9)
    expect([...given.data]).toEqual([0.5, 2])
  })
  it('applies the scale of bytes', () => {
    const x = new Tensor(Uint8Array.of(0, 255), [2], { scale: 1 / 255 })
    near(numericalGradient((at) => squares([...at.data]), x).data, [0, 2], 1e-9)
  })
  it('passes all of X, not a row (row 62)', () => {
    const rows = (X: number[][]): number => X.reduce((sum, row) => sum + squares(row), 0)
    const X = [
      [3, 4],
      [3, 4],
    ]
    expect(rows(X)).toBe(50)
    near(numericalGradient(rows, X).flat(), [6, 8, 6, 8], 1e-9)
    const squareOfSum = (x: number[][]): number => x.flat().reduce((sum, value) => sum + value, 0) ** 2
    const gradient = numericalGradient(squareOfSum, [
      [1, 2],
      [3, 4],
    ])
    expect([gradient.length, gradient[0]?.length]).toEqual([2, 2])
    near(gradient.flat(), [20, 20, 20, 20], 1e-8)
  })
  it('takes any rank (row 63), a single number and nothing at all', () => {
    const weight = (i: number): number => i - 3
    const x = new Tensor(
      Float64Array.from({ length: 24 }, (_, i) => i / 10),
      [2, 3, 2, 2],
    )
    const f = (at: Tensor): number => [...at.data].reduce((sum, value, i) => sum + weight(i) * value ** 2, 0)
    const gradient = numericalGradient(f, x)
    expect(gradient.shape).toEqual([2, 3, 2, 2])
    near(
      gradient.data,
      Array.from({ length: 24 }, (_, i) => (2 * weight(i) * i) / 10),
      1e-8,
    )
    expect(numericalGradient((at: number) => at ** 2, 3)).toBeCloseTo(6, 9)
    expect(numericalGradient(() => 0, [])).toEqual([])
  })
  it('changes float64 numbers in place, so that f may read them elsewhere, and puts them back', () => {
    for (const W of [new Tensor(Float64Array.of(1, 2), [2]), Float64Array.of(1, 2), [1, 2]]) {
      const read = (): number[] => [...(W instanceof Tensor ? W.data : W)]
      const gradient = numericalGradient(
        loosely(() => squares(read())),
        loosely(W),
      ) as unknown as typeof W
      near(gradient instanceof Tensor ? gradient.data : gradient, [2, 4], 1e-9)
      expect(read()).toEqual([1, 2])
    }
  })
  it('row 67: evaluates f twice for each element, and so a network twice for each parameter', () => {
    const counted = (size: number): number => {
      let calls = 0
      numericalGradient((x) => {
        calls++
        return squares([...x])
      }, new Float64Array(size))
      return calls
    }
    expect([counted(1), counted(7), counted(568)]).toEqual([2, 14, 1136])
  })
  it('puts x back when f throws', () => {
    const x = [[1, 2], [3]].flat()
    let calls = 0
    const f = (): number => {
      if (++calls === 4) throw new Error('mine')
      return 0
    }
    expect(() => numericalGradient(f, x)).toThrow('mine')
    expect(x).toEqual([1, 2, 3])
  })
  it('works on a copy of frozen arrays', () => {
    near(
      numericalGradient((x: readonly number[]) => squares(x), Object.freeze([1, 2])),
      [2, 4],
      1e-9,
    )
  })
  it('refuses ragged arrays, what holds no numbers, and a function without a number', async () => {
    expect((await failureOf(() => numericalGradient(() => 0, loosely([[1, 2], [3]])))).code).toBe('ERR_SHAPE')
    expect((await failureOf(() => numericalGradient(() => 0, loosely('x')))).message).toMatch(
      /x is "x", expected a num/,
    )
    const failure = await failureOf(() =>
      numericalGradient(
        loosely((x: Tensor) => x),
        tensor([1]),
      ),
    )
    expect(failure).toMatchObject({ code: 'ERR_ARGUMENT', message: expect.stringMatching(/f gave a Tensor.*add its/) })
  })
})

describe('a network’s dW by numerical gradient (row 65)', () => {
  it('is the book’s, with f reading the weights themselves', () => {
    const W = new Tensor(Float64Array.of(0.47355232, 0.9977393, 0.84668094, 0.85557411, 0.03563661, 0.69422093), [2, 3])
    const weight = (i: number, j: number): number => W.data[3 * i + j] as number
    const loss = (): number => {
      const logits = Float64Array.from({ length: 3 }, (_, j) => 0.6 * weight(0, j) + 0.9 * weight(1, j))
      return crossEntropy().forward(new Tensor(logits, [1, 3]), [2])
    }
    expect(loss()).toBeCloseTo(0.92806853, 7)
    const dW = numericalGradient(loss, W)
    near(dW.data, [0.21924763, 0.14356247, -0.36281009, 0.32887144, 0.2153437, -0.54421514], 1e-8)
  })
})

describe('gradientDescent (row 64)', () => {
  const start = [-3, 4]
  it('goes to the minimum of x₀² + x₁² as the book does', () => {
    near(gradientDescent(squares, start).x, [-0.39785867, 0.53047822], 5e-9)
    const { x, value, steps } = gradientDescent(squares, start, { lr: 0.1, steps: 100 })
    near(x, [-6.11e-10, 8.15e-10], 5e-13)
    expect([steps, value < 1e-17]).toEqual([100, true])
    expect(start).toEqual([-3, 4])
  })
  it('runs away with a rate too high and stands still with one too low', () => {
    const [x, y] = gradientDescent(squares, start, { lr: 10 }).x as [number, number]
    expect(x / -2.59e13).toBeCloseTo(1, 2)
    expect(y / -1.3e12).toBeCloseTo(1, 2)
    near(gradientDescent(squares, start, { lr: 1e-10 }).x, [-2.99999994, 3.99999992], 5e-9)
  })
  it('stops at a tolerance', () => {
    const { x, steps } = gradientDescent(squares, start, { lr: 0.1, steps: 1000, tolerance: 1e-3 })
    expect(2 * Math.hypot(...x)).toBeLessThan(1e-3)
    // 10 · 0.8^k ≤ 1e-3 from k = 42 on.
    expect(steps).toBe(42)
  })
  it('tells each step, and keeps the path when asked', () => {
    const seen: [number, number, number][] = []
    const result = gradientDescent((x) => x ** 2, 1, {
      lr: 0.25,
      steps: 3,
      recordPath: true,
      onStep: ({ step, x, value }) => seen.push([step, x, value]),
    })
    near(result.path ?? [], [1, 0.5, 0.25, 0.125], 1e-9)
    near(seen.flat(), [1, 0.5, 0.25, 2, 0.25, 0.0625, 3, 0.125, 0.015625], 1e-9)
    expect(gradientDescent((x) => x ** 2, 1, { steps: 0 })).toEqual({ x: 1, value: 1, steps: 0 })
  })
  it('keeps the form of initX and leaves it as it is', () => {
    const W = new Tensor(Float64Array.of(1, 2), [2, 1])
    const { x } = gradientDescent((at: Tensor) => squares([...at.data]), W, { lr: 0.25, steps: 1 })
    expect([x.shape, x.element]).toEqual([[2, 1], 'float64'])
    near(x.data, [0.5, 1], 1e-9)
    expect([...W.data]).toEqual([1, 2])
    near(gradientDescent((at) => squares([...at]), Float32Array.of(1), { lr: 0.25, steps: 1 }).x, [0.5], 1e-9)
  })
  it('refuses options out of range', async () => {
    for (const options of [{ lr: 0 }, { steps: 1.5 }, { tolerance: -1 }, { h: Number.NaN }, { rate: 1 }]) {
      const { code, message } = await failureOf(() => gradientDescent(squares, start, options as object))
      expect([code, message.includes(Object.keys(options)[0] as string)]).toEqual(['ERR_ARGUMENT', true])
    }
  })
})
it('refuses a function that could not see the changes: it takes no argument, and they are made to a copy', () => {
  const weights = tensor([1, 2])
  expect(() => numericalGradient(() => weights.at(0), weights)).toThrow(/f takes no argument, and x is not float64/)
  const double = tensor([1, 2], undefined, { element: 'float64' })
  expect(numericalGradient(() => 3 * double.at(0), double).toArray()).toEqual([expect.closeTo(3, 6), 0])
})
