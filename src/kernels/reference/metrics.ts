// What metrics need of each sample of a batch, and keeping it at the sample's place in a pass over the data.

import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

/** y[cursor + r] = x[r], rows of `cols` elements. */
function putRows({ y, x, rows, cols, cursor }: LoopArguments<'putReals'> | LoopArguments<'putIntegers'>): undefined {
  const start = cursor * cols
  for (let i = 0; i < rows * cols; i++) y[start + i] = x[i]
}

export function putReals(args: LoopArguments<'putReals'>): undefined {
  putRows(args)
}

export function putIntegers(args: LoopArguments<'putIntegers'>): undefined {
  putRows(args)
}

/** y (n) = 1 where x (n) is above the threshold, else 0. */
export function isAbove({ y, x, n, threshold }: LoopArguments<'isAbove'>): undefined {
  for (let i = 0; i < n; i++) y[i] = x[i] > threshold ? 1 : 0
}

/** ranks (rows) = classes before the label in descending order of scores (rows,classes); -1 for the label `ignore`. */
export function labelRanks(args: LoopArguments<'labelRanks'>): Failure | undefined {
  const { ranks, scores, labels, rows, classes, ignore } = args
  for (let r = 0; r < rows; r++) {
    const label = labels[r]
    if (label === ignore) {
      ranks[r] = -1
      continue
    }
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    const start = r * classes
    const score = scores[start + label]
    let before = 0
    for (let j = 0; j < classes; j++) {
      const other = scores[start + j]
      const isLarger = Number.isNaN(other) ? !Number.isNaN(score) : other > score
      const isAsLarge = other === score || (Number.isNaN(other) && Number.isNaN(score))
      if (isLarger || (isAsLarge && j < label)) before++
    }
    ranks[r] = before
  }
  return undefined
}
