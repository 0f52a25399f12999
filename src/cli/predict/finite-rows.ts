// Samples and answers with NaN or Infinity among their numbers, which mean nothing and would look like any other.

import { gatherRows } from '../../data/samples-of.js'
import { netwrightError } from '../../errors.js'
import { sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'

/** The first number of a row that is not finite. */
export interface NotFinite {
  readonly row: number
  readonly element: number
  readonly value: number
}

/**
 * Which rows of `x` (N, …) hold finite numbers only. Any other is an ERR_NOT_FINITE with what `problem` says of it:
 * thrown, or told to `onError` where there is one.
 */
export function finiteRows(
  x: Tensor,
  problem: (found: NotFinite) => string,
  onError: ((error: unknown) => void) | undefined,
): readonly number[] {
  const [count = 0] = x.shape
  const rows = Array.from({ length: count }, (_, row) => row)
  if (x.element === 'uint8' || x.element === 'int32') return rows
  const size = sizeOf(x.shape.slice(1))
  return rows.filter((row) => {
    const numbers = x.data.subarray(row * size, (row + 1) * size)
    const element = numbers.findIndex((value) => !Number.isFinite(value))
    if (element < 0) return true
    const error = netwrightError('ERR_NOT_FINITE', problem({ row, element, value: numbers[element] as number }))
    if (onError === undefined) throw error
    onError(error)
    return false
  })
}

/** `x` with these of its rows, itself where they are all. */
export const rowsOf = (x: Tensor, rows: readonly number[]): Tensor =>
  rows.length === x.shape[0] ? x : gatherRows(x, rows)
