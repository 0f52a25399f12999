// Gradient descent on a function of numbers, by numerical gradients: to look at, not to train networks with.

import { checkOptions, requireNumber } from '../errors.js'
import type { NumberArray } from '../tensor/nested.js'
import type { Tensor } from '../tensor/tensor.js'
import { copiedCells, type PlainArray } from './cells.js'
import { centralDifferences, checkArguments, requireValue } from './numerical-gradient.js'

/** What `onStep` is told after each step. */
export interface DescentStep<X> {
  /** 1 for the first. */
  readonly step: number
  /** Where the step led, a copy. */
  readonly x: X
  readonly value: number
  /** Length of the gradient that the step followed. */
  readonly gradientNorm: number
}

/** Options of {@link gradientDescent}. */
export interface DescentOptions<X> {
  /** Learning rate, above 0. Default 0.01. */
  readonly lr?: number
  /** The most steps to take. Default 100. */
  readonly steps?: number
  /** Stops where the gradient is no longer than this. Default: no such stop; a gradient is hardly ever exactly 0. */
  readonly tolerance?: number
  /** Half the distance of the two points of a difference. Default 1e-4. */
  readonly h?: number
  /** Whether the result has the `path`. Default false. */
  readonly recordPath?: boolean
  readonly onStep?: (step: DescentStep<X>) => void
}

export interface Descent<X> {
  /** Where it ended, in the form of `initX`, float64. */
  readonly x: X
  /** f at x. */
  readonly value: number
  /** Steps taken. */
  readonly steps: number
  /** With `recordPath`: initX and where each step led. */
  readonly path?: readonly X[]
}

/**
 * Repeats x ← x - lr · gradient of `f` at x, beginning at `initX`, which stays as it is: f gets a float64 copy in the
 * same form (a number, nested arrays, a typed array or a tensor). A rate too high runs away to huge numbers, or
 * Infinity and NaN: nothing is clipped.
 *
 * Throws ERR_ARGUMENT for an option out of range, or when f gives no number.
 */
export function gradientDescent(
  f: (x: number) => number,
  initX: number,
  options?: DescentOptions<number>,
): Descent<number>
export function gradientDescent(
  f: (x: Tensor) => number,
  initX: Tensor,
  options?: DescentOptions<Tensor>,
): Descent<Tensor>
export function gradientDescent(
  f: (x: Float64Array) => number,
  initX: NumberArray,
  options?: DescentOptions<Float64Array>,
): Descent<Float64Array>
export function gradientDescent<X extends PlainArray>(
  f: (x: X) => number,
  initX: X,
  options?: DescentOptions<X>,
): Descent<X>
export function gradientDescent(
  f: (x: never) => number,
  initX: unknown,
  options: DescentOptions<never> = {},
): Descent<unknown> {
  const where = 'gradientDescent'
  checkOptions(where, options, ['lr', 'steps', 'tolerance', 'h', 'recordPath', 'onStep'])
  const { lr = 0.01, steps = 100, tolerance, h = 1e-4, recordPath = false, onStep } = options
  checkArguments(where, f, h)
  requireNumber(`${where}: lr`, lr, 'a finite number above 0', (value) => value > 0)
  requireNumber(`${where}: steps`, steps, 'a whole number from 0', (value) => Number.isInteger(value) && value >= 0)
  if (tolerance !== undefined) {
    requireNumber(`${where}: tolerance`, tolerance, 'a finite number from 0', (value) => value >= 0)
  }
  const cells = copiedCells(`${where}: initX`, initX)
  const copy = (): unknown => cells.like(Float64Array.from({ length: cells.size }, (_, i) => cells.get(i)))
  const value = (): number => requireValue(where, f(cells.form() as never))
  const path = recordPath ? [copy()] : undefined
  let taken = 0
  while (taken < steps) {
    const gradient = centralDifferences(where, f, cells, h)
    const gradientNorm = Math.sqrt(gradient.reduce((sum, slope) => sum + slope * slope, 0))
    if (tolerance !== undefined && gradientNorm <= tolerance) break
    gradient.forEach((slope, i) => {
      cells.set(i, cells.get(i) - lr * slope)
    })
    taken++
    path?.push(copy())
    onStep?.({ step: taken, x: copy() as never, value: value(), gradientNorm })
  }
  return { x: copy(), value: value(), steps: taken, ...(path === undefined ? {} : { path }) }
}
