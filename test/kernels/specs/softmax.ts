// Error bounds of softmax rows, for the activations and the losses that contain one.

import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Bound } from '../spec.js'
import { expError, sumError, tiny, u } from './common.js'

/** What bounds the errors of one row of softmax, in u. */
export interface SoftmaxErrors {
  /** x - max, whose rounding is an error of e^(x - max) relative to it. */
  readonly distance: (i: number) => number
  /** Relative error of Σ e^(x - max): that of its terms, weighted, and of adding them. */
  readonly sum: number
  readonly logSum: number
}
export function softmaxErrors(logits: TensorData, row: number, classes: number): SoftmaxErrors {
  const x = logits.subarray(row * classes, (row + 1) * classes) as TensorData
  let max = -Infinity
  for (const value of x) max = Math.max(max, value)
  let sum = 0
  let weighted = 0
  for (const value of x) {
    const e = Math.exp(value - max)
    sum += e
    weighted += e * (max - value)
  }
  return {
    distance: (i) => max - x[i],
    sum: weighted / sum + expError + sumError(classes),
    logSum: Math.log(sum),
  }
}
/** e^(x - max), the sum, and a division (or a reciprocal and a product). */
export const probabilityBound = (logits: TensorData, probabilities: TensorData, classes: number): Bound => {
  const errorsOf = byRow(classes, (row) => softmaxErrors(logits, row, classes))
  return (at) => {
    const errors = errorsOf(at)
    return u * (errors.distance(at % classes) + expError + errors.sum + 3) * probabilities[at] + 2 * tiny
  }
}
/** Error of ln Σ - (x - max): the sum's relative error is the logarithm's absolute one; ln; x - max; subtraction. */
export const logError = (errors: SoftmaxErrors, i: number): number =>
  errors.sum + (expError + 1) * errors.logSum + 2 * errors.distance(i)
/** Calls `compute` once per row of `width` elements, when an element of the row first asks. */
export function byRow<T>(width: number, compute: (row: number) => T): (i: number) => T {
  const rows = new Map<number, T>()
  return (i) => {
    const row = Math.floor(i / width)
    const known = rows.get(row) ?? compute(row)
    rows.set(row, known)
    return known
  }
}
/** Σ f(i) over the elements i of a row. */
export function sumOfRow(row: number, width: number, f: (i: number) => number): number {
  let total = 0
  for (let i = row * width; i < (row + 1) * width; i++) total += f(i)
  return total
}
