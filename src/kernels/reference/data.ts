// Gathering a batch: rows of a data set in the order of an epoch. `order` is checked here, where it is used; a
// failure's row is the place in `order`.

import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

/** y (rows,cols) = data[order[cursor + r]] · scale + shift; data is (samples,cols). */
function gatherRows(args: LoopArguments<'gatherBytes'> | LoopArguments<'gatherReals'>): Failure | undefined {
  const { y, data, order, rows, cols, samples, cursor, scale, shift } = args
  for (let r = 0; r < rows; r++) {
    const sample = order[cursor + r]
    if (sample < 0 || sample >= samples) return { code: 1, row: cursor + r, value: sample }
    const [from, to] = [sample * cols, r * cols]
    for (let i = 0; i < cols; i++) y[to + i] = data[from + i] * scale + shift
  }
  return undefined
}

export function gatherBytes(args: LoopArguments<'gatherBytes'>): Failure | undefined {
  return gatherRows(args)
}

export function gatherReals(args: LoopArguments<'gatherReals'>): Failure | undefined {
  return gatherRows(args)
}

/** y (rows) = data[order[cursor + r]]. */
export function gatherLabels(args: LoopArguments<'gatherLabels'>): Failure | undefined {
  const { y, data, order, rows, samples, cursor } = args
  for (let r = 0; r < rows; r++) {
    const sample = order[cursor + r]
    if (sample < 0 || sample >= samples) return { code: 1, row: cursor + r, value: sample }
    y[r] = data[sample]
  }
  return undefined
}
