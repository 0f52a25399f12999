// Kernels that reduce many numbers to few: sums, arg-max, counts, the finite check. Sums are added in doubles.

import type { TensorData } from '../../tensor/tensor.js'
import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

/** sums (cols) = Σ over rows of x (rows,cols) + beta · sums; 4 columns at a time keep their sums in registers. */
export function sumRows({ sums, x, rows, cols, beta }: LoopArguments<'sumRows'>): undefined {
  const put = (column: number, sum: number): void => {
    sums[column] = beta === 0 ? sum : sum + beta * sums[column]
  }
  const size = rows * cols
  let column = 0
  for (; column + 4 <= cols; column += 4) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = column; i < size; i += cols) {
      s0 += x[i]
      s1 += x[i + 1]
      s2 += x[i + 2]
      s3 += x[i + 3]
    }
    put(column, s0)
    put(column + 1, s1)
    put(column + 2, s2)
    put(column + 3, s3)
  }
  for (; column < cols; column++) {
    let s = 0
    for (let i = column; i < size; i += cols) s += x[i]
    put(column, s)
  }
}

/** Column of the first largest value of the `cols` at `start`; the first NaN, if there is one. */
function argMaxRow(x: TensorData, start: number, cols: number): number {
  let best = 0
  for (let i = 0; i < cols; i++) {
    const value = x[start + i]
    if (Number.isNaN(value)) return i
    if (value > x[start + best]) best = i
  }
  return best
}

/** y (rows) = arg-max of each row of x (rows,cols). */
export function argMax({ y, x, rows, cols }: LoopArguments<'argMax'>): undefined {
  for (let r = 0; r < rows; r++) y[r] = argMaxRow(x, r * cols, cols)
}

/** counts[at] = rows whose label is the arg-max of scores (rows,classes). */
export function countCorrect(args: LoopArguments<'countCorrect'>): Failure | undefined {
  const { counts, scores, labels, rows, classes, at } = args
  let count = 0
  for (let r = 0; r < rows; r++) {
    if (labels[r] < 0 || labels[r] >= classes) return { code: 1, row: r, value: labels[r] }
    if (argMaxRow(scores, r * classes, classes) === labels[r]) count++
  }
  counts[at] = count
  return undefined
}

/** sums[at] = Σ x (n) / divisor. */
export function sum({ sums, x, n, at, divisor }: LoopArguments<'sum'>): undefined {
  let total = 0
  for (let i = 0; i < n; i++) total += x[i]
  sums[at] = total / divisor
}

/** Fails at the first element of x (n) that is NaN or infinite. */
export function checkFinite({ x, n }: LoopArguments<'checkFinite'>): Failure | undefined {
  for (let i = 0; i < n; i++) if (!Number.isFinite(x[i])) return { code: 1, row: i, value: x[i] }
  return undefined
}
