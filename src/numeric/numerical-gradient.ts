// Gradients by central differences: slow, simple, and the judge of every backward pass. Not for training.

import { describe, netwrightError, requireNumber } from '../errors.js'
import { isNumberArray, type NumberArray } from '../tensor/nested.js'
import { Tensor } from '../tensor/tensor.js'
import { type Cells, cellsOf, type PlainArray } from './cells.js'

/** Half the distance of the two points of a difference; the book's. */
const defaultStep = 1e-4

/**
 * The derivative of `f` at the number `x`: (f(x + h) - f(x - h)) / 2h, with an error of about h² f‴/6.
 * Throws ERR_ARGUMENT when f gives no number, or h is not above 0.
 */
export function numericalDiff(f: (x: number) => number, x: number, h = defaultStep): number {
  checkArguments('numericalDiff', f, h)
  requireNumber('numericalDiff: x', x)
  return (requireValue('numericalDiff', f(x + h)) - requireValue('numericalDiff', f(x - h))) / (2 * h)
}

/**
 * The gradient of `f`, a function of the whole `x`, by a central difference for each element: 2 calls of f per element.
 * `x`: a number, nested arrays, a typed array or a tensor of any rank. The gradient has the same form, in float64.
 *
 * Everything is computed in float64. Where x holds such numbers (nested arrays, Float64Array, float64 tensors), f gets x
 * itself, changed in one element, so that a network that reads x sees the change; x is as before afterwards, also when f
 * throws. Otherwise (float32 and integers, which would lose the digits of the difference, and frozen arrays) f gets a
 * float64 copy and must use that, its argument.
 *
 * Throws ERR_ARGUMENT when f gives no number, or x or h is none of the above.
 */
export function numericalGradient(f: (x: number) => number, x: number, h?: number): number
export function numericalGradient(f: (x: Tensor) => number, x: Tensor, h?: number): Tensor
export function numericalGradient(f: (x: Float64Array) => number, x: NumberArray, h?: number): Float64Array
export function numericalGradient<X extends PlainArray>(f: (x: X) => number, x: X, h?: number): X
export function numericalGradient(f: (x: never) => number, x: unknown, h = defaultStep): unknown {
  checkArguments('numericalGradient', f, h)
  const cells = cellsOf('numericalGradient: x', x)
  if (cells.copied && (f as () => unknown).length === 0) {
    throw netwrightError(
      'ERR_ARGUMENT',
      'numericalGradient: f takes no argument, and x is not float64: f would never see the changes, which are made to ' +
        'a float64 copy of x. Let f use its argument, or give x as a float64 tensor.',
      'TypeError',
    )
  }
  return cells.like(centralDifferences('numericalGradient', f, cells, h))
}

/** The gradient of `f` at `cells`, flat. */
export function centralDifferences(where: string, f: (x: never) => number, cells: Cells, h: number): Float64Array {
  const gradient = new Float64Array(cells.size)
  const evaluate = (): number => requireValue(where, f(cells.form() as never))
  for (let i = 0; i < gradient.length; i++) {
    const value = cells.get(i)
    try {
      cells.set(i, value + h)
      const above = evaluate()
      cells.set(i, value - h)
      gradient[i] = (above - evaluate()) / (2 * h)
    } finally {
      cells.set(i, value)
    }
  }
  return gradient
}

/** `value` if it is a number (NaN is one), else ERR_ARGUMENT. */
export function requireValue(where: string, value: unknown): number {
  if (typeof value === 'number') return value
  const remedy = value instanceof Tensor || isNumberArray(value) ? ': add its elements up, or take one' : ''
  throw netwrightError('ERR_ARGUMENT', `${where}: f gave ${describe(value)}, expected a number${remedy}`, 'TypeError')
}

export function checkArguments(where: string, f: unknown, h: unknown): void {
  if (typeof f !== 'function') {
    throw netwrightError('ERR_ARGUMENT', `${where}: f is ${describe(f)}, expected a function`, 'TypeError')
  }
  requireNumber(`${where}: h`, h, 'a finite number above 0', (value) => value > 0)
}
