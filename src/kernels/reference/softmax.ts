// Softmax and its logarithm, row by row, and their gradients. The losses that contain them are in loss.ts.

import type { TensorData } from '../../tensor/tensor.js'
import type { LoopArguments } from './loop.js'

/** The largest of x[start..end). */
export function largest(x: TensorData, start: number, end: number): number {
  let max = x[start]
  for (let i = start + 1; i < end; i++) if (x[i] > max) max = x[i]
  return max
}

/**
 * Softmax of x[start..end) into `probabilities`. Returns ln Σ e^(x - max): -ln of a probability is that minus (x - max),
 * which never takes the logarithm of 0 and loses nothing to a large max.
 */
export function softmaxRow(probabilities: TensorData, x: TensorData, start: number, end: number, max: number): number {
  let sum = 0
  for (let i = start; i < end; i++) {
    const e = Math.exp(x[i] - max)
    probabilities[i] = e
    sum += e
  }
  for (let i = start; i < end; i++) probabilities[i] /= sum
  return Math.log(sum)
}

/** y = softmax of each row of x. */
export function softmaxForward({ y, x, rows, cols }: LoopArguments<'softmaxForward'>): undefined {
  for (let start = 0; start < rows * cols; start += cols) {
    softmaxRow(y, x, start, start + cols, largest(x, start, start + cols))
  }
}

/** dx = y · (dy - Σ dy · y), row by row. */
export function softmaxBackward({ dx, dy, y, rows, cols }: LoopArguments<'softmaxBackward'>): undefined {
  for (let start = 0; start < rows * cols; start += cols) {
    const end = start + cols
    let total = 0
    for (let i = start; i < end; i++) total += dy[i] * y[i]
    for (let i = start; i < end; i++) dx[i] = y[i] * (dy[i] - total)
  }
}

/** y = x - max - ln Σ e^(x - max), row by row. */
export function logSoftmaxForward({ y, x, rows, cols }: LoopArguments<'logSoftmaxForward'>): undefined {
  for (let start = 0; start < rows * cols; start += cols) {
    const end = start + cols
    const max = largest(x, start, end)
    let sum = 0
    for (let i = start; i < end; i++) sum += Math.exp(x[i] - max)
    const logSum = Math.log(sum)
    for (let i = start; i < end; i++) y[i] = x[i] - max - logSum
  }
}

/** dx = dy - e^y · Σ dy, row by row. */
export function logSoftmaxBackward({ dx, dy, y, rows, cols }: LoopArguments<'logSoftmaxBackward'>): undefined {
  for (let start = 0; start < rows * cols; start += cols) {
    const end = start + cols
    let total = 0
    for (let i = start; i < end; i++) total += dy[i]
    for (let i = start; i < end; i++) dx[i] = dy[i] - Math.exp(y[i]) * total
  }
}
