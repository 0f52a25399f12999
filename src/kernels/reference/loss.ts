// Softmax with cross-entropy, for labels and for rows of target weights. Labels are checked here, where they are used.

import type { TensorData } from '../../tensor/tensor.js'
import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

function largest(logits: TensorData, start: number, end: number): number {
  let max = logits[start]
  for (let i = start + 1; i < end; i++) if (logits[i] > max) max = logits[i]
  return max
}

/**
 * Softmax of logits[start..end) into `probabilities`. Returns ln Σ e^(x - max): a loss is that minus (x - max), which
 * never takes the logarithm of 0 and loses nothing to a large max.
 */
function softmaxRow(probabilities: TensorData, logits: TensorData, start: number, end: number, max: number): number {
  let sum = 0
  for (let i = start; i < end; i++) {
    const e = Math.exp(logits[i] - max)
    probabilities[i] = e
    sum += e
  }
  for (let i = start; i < end; i++) probabilities[i] /= sum
  return Math.log(sum)
}

/** losses (rows) = ln Σ e^(x - max) - (x[label] - max), x = logits; probabilities (rows,classes) = softmax(logits). */
export function softmaxCrossEntropyForward(args: LoopArguments<'softmaxCrossEntropyForward'>): Failure | undefined {
  const { losses, probabilities, logits, labels, rows, classes } = args
  for (let r = 0; r < rows; r++) {
    const label = labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    const [start, end] = [r * classes, (r + 1) * classes]
    const max = largest(logits, start, end)
    losses[r] = softmaxRow(probabilities, logits, start, end, max) - (logits[start + label] - max)
  }
  return undefined
}

/** dlogits (rows,classes) = dlosses (rows) · (probabilities - one-hot of the label). */
export function softmaxCrossEntropyBackward(args: LoopArguments<'softmaxCrossEntropyBackward'>): Failure | undefined {
  const { dlogits, dlosses, probabilities, labels, rows, classes } = args
  for (let r = 0; r < rows; r++) {
    const label = labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    const start = r * classes
    for (let c = 0; c < classes; c++) {
      dlogits[start + c] = dlosses[r] * (probabilities[start + c] - (c === label ? 1 : 0))
    }
  }
  return undefined
}

/** losses (rows) = Σ targets · (ln Σ e^(x - max) - (x - max)), x = logits; probabilities (rows,classes) = softmax(logits). */
export function softmaxCrossEntropyDenseForward(args: LoopArguments<'softmaxCrossEntropyDenseForward'>): undefined {
  const { losses, probabilities, logits, targets, rows, classes } = args
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * classes, (r + 1) * classes]
    const max = largest(logits, start, end)
    const logSum = softmaxRow(probabilities, logits, start, end, max)
    let loss = 0
    for (let i = start; i < end; i++) loss += targets[i] * (logSum - (logits[i] - max))
    losses[r] = loss
  }
}

/** dlogits = dlosses · (probabilities · Σ targets - targets), row by row. */
export function softmaxCrossEntropyDenseBackward(args: LoopArguments<'softmaxCrossEntropyDenseBackward'>): undefined {
  const { dlogits, dlosses, probabilities, targets, rows, classes } = args
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * classes, (r + 1) * classes]
    let weight = 0
    for (let i = start; i < end; i++) weight += targets[i]
    for (let i = start; i < end; i++) dlogits[i] = dlosses[r] * (probabilities[i] * weight - targets[i])
  }
}
