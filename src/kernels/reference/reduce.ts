// Kernels that reduce many numbers to few: sums, arg-max, counts, the finite check. Sums are added in doubles.

import type { TensorData } from '../../tensor/tensor.js'
import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

/**
 * sums[to + j] = Σ over rows of x (rows,cols), which begins at `start`, + beta · sums[to + j]. 4 columns at a time keep
 * their sums in registers.
 */
function addRows(
  sums: TensorData,
  to: number,
  x: TensorData,
  start: number,
  rows: number,
  cols: number,
  beta: number,
): void {
  const put = (column: number, sum: number): void => {
    sums[to + column] = beta === 0 ? sum : sum + beta * sums[to + column]
  }
  const end = start + rows * cols
  let column = 0
  for (; column + 4 <= cols; column += 4) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = start + column; i < end; i += cols) {
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
    for (let i = start + column; i < end; i += cols) s += x[i]
    put(column, s)
  }
}

/** sums (groups,channels) = Σ over the rows of each group and places of x (rows,channels,places). */
export function sumChannels({ sums, x, rows, channels, places, groups }: LoopArguments<'sumChannels'>): undefined {
  for (let group = 0; group < groups; group++) {
    const first = Math.floor((group * rows) / groups)
    const end = Math.floor(((group + 1) * rows) / groups)
    for (let channel = 0; channel < channels; channel++) {
      let total = 0
      for (let r = first; r < end; r++) {
        const begin = (r * channels + channel) * places
        let s = 0
        for (let i = begin; i < begin + places; i++) s += x[i]
        total += s
      }
      sums[group * channels + channel] = total
    }
  }
}

/** sums (cols) = Σ over rows of x (rows,cols) + beta · sums. */
export function sumRows({ sums, x, rows, cols, beta }: LoopArguments<'sumRows'>): undefined {
  addRows(sums, 0, x, 0, rows, cols, beta)
}

/** sums (groups,cols) = Σ over i of x (groups,count,cols) + beta · sums. */
export function sumGroups({ sums, x, groups, count, cols, beta }: LoopArguments<'sumGroups'>): undefined {
  for (let g = 0; g < groups; g++) addRows(sums, g * cols, x, g * count * cols, count, cols, beta)
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

/** counts[at] = rows whose label is the arg-max of scores (rows,classes), times rows / rows without the label `ignore`. */
export function countCorrect(args: LoopArguments<'countCorrect'>): Failure | undefined {
  const { counts, scores, labels, rows, classes, at, ignore } = args
  let count = 0
  let left = 0
  for (let r = 0; r < rows; r++) {
    if (labels[r] === ignore) continue
    left++
    if (labels[r] < 0 || labels[r] >= classes) return { code: 1, row: r, value: labels[r] }
    if (argMaxRow(scores, r * classes, classes) === labels[r]) count++
  }
  counts[at] = left === 0 ? 0 : (count * rows) / left
  return undefined
}

/** sums[at] = Σ x (n) / divisor. */
export function sum({ sums, x, n, at, divisor }: LoopArguments<'sum'>): undefined {
  let total = 0
  for (let i = 0; i < n; i++) total += x[i]
  sums[at] = total / divisor
}

/** sums[at] = factor · Σ x² (n) + beta · sums[at]. */
export function sumSquares({ sums, x, n, at, factor, beta }: LoopArguments<'sumSquares'>): undefined {
  let total = 0
  for (let i = 0; i < n; i++) total += x[i] * x[i]
  sums[at] = factor * total + (beta === 0 ? 0 : beta * sums[at])
}

/** Fails at the first element of x (n) that is NaN or infinite. */
export function checkFinite({ x, n }: LoopArguments<'checkFinite'>): Failure | undefined {
  for (let i = 0; i < n; i++) if (!Number.isFinite(x[i])) return { code: 1, row: i, value: x[i] }
  return undefined
}
