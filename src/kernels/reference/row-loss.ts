// Losses that compare a row of numbers with a row of targets, element by element, and their gradients.
// One loop per loss, over one row; a function called for every element would cost ten times a squared difference.

import type { TensorData } from '../../tensor/tensor.js'
import { sigmoid } from './activation.js'
import type { LoopArguments } from './loop.js'

/** Σ of a loss over elements `start` to `end` of the predictions p and targets t. */
type RowSum = (p: TensorData, t: TensorData, start: number, end: number) => number
/** d = factor · the loss's gradient, for elements `start` to `end`. */
type RowGradient = (d: TensorData, factor: number, p: TensorData, t: TensorData, start: number, end: number) => void

// All losses take the same arguments; Huber's add delta.
type Forward = LoopArguments<'squaredErrorForward'>
type Backward = LoopArguments<'squaredErrorBackward'>

/** losses (rows) = scale · the sum of each row of prediction and target (rows,cols). */
function rowLosses({ losses, prediction, target, rows, cols, scale }: Forward, sum: RowSum): undefined {
  for (let r = 0; r < rows; r++) losses[r] = scale * sum(prediction, target, r * cols, (r + 1) * cols)
}

/** dprediction (rows,cols) = dlosses (rows) · scale · the gradient at prediction and target (rows,cols). */
function rowGradients(args: Backward, gradient: RowGradient): undefined {
  const { dprediction, dlosses, prediction, target, rows, cols, scale } = args
  for (let r = 0; r < rows; r++) {
    gradient(dprediction, dlosses[r] * scale, prediction, target, r * cols, (r + 1) * cols)
  }
}

const squaredErrors: RowSum = (p, t, start, end) => {
  let total = 0
  for (let i = start; i < end; i++) {
    const d = p[i] - t[i]
    total += d * d
  }
  return total
}
const squaredErrorGradient: RowGradient = (d, factor, p, t, start, end) => {
  for (let i = start; i < end; i++) d[i] = 2 * factor * (p[i] - t[i])
}
/** (p - t)². */
export const squaredErrorForward = (args: LoopArguments<'squaredErrorForward'>): undefined =>
  rowLosses(args, squaredErrors)
export const squaredErrorBackward = (args: LoopArguments<'squaredErrorBackward'>): undefined =>
  rowGradients(args, squaredErrorGradient)

const absoluteErrors: RowSum = (p, t, start, end) => {
  let total = 0
  for (let i = start; i < end; i++) total += Math.abs(p[i] - t[i])
  return total
}
const absoluteErrorGradient: RowGradient = (d, factor, p, t, start, end) => {
  for (let i = start; i < end; i++) d[i] = factor * Math.sign(p[i] - t[i])
}
/** |p - t|. */
export const absoluteErrorForward = (args: LoopArguments<'absoluteErrorForward'>): undefined =>
  rowLosses(args, absoluteErrors)
export const absoluteErrorBackward = (args: LoopArguments<'absoluteErrorBackward'>): undefined =>
  rowGradients(args, absoluteErrorGradient)

/** c · (|d| - c/2), d = p - t, c = min(delta, |d|): d²/2 up to delta, a straight line beyond. */
export function huberForward(args: LoopArguments<'huberForward'>): undefined {
  const { delta } = args
  return rowLosses(args, (p, t, start, end) => {
    let total = 0
    for (let i = start; i < end; i++) {
      const size = Math.abs(p[i] - t[i])
      const within = Math.min(delta, size)
      total += within * (size - 0.5 * within)
    }
    return total
  })
}
export function huberBackward(args: LoopArguments<'huberBackward'>): undefined {
  const { delta } = args
  return rowGradients(args, (d, factor, p, t, start, end) => {
    for (let i = start; i < end; i++) d[i] = factor * Math.min(delta, Math.max(-delta, p[i] - t[i]))
  })
}

const binaryCrossEntropies: RowSum = (x, t, start, end) => {
  let total = 0
  for (let i = start; i < end; i++) {
    const logit = x[i]
    total += Math.max(0, logit) - logit * t[i] + Math.log1p(Math.exp(-Math.abs(logit)))
  }
  return total
}
const binaryCrossEntropyGradient: RowGradient = (d, factor, x, t, start, end) => {
  for (let i = start; i < end; i++) d[i] = factor * (sigmoid(x[i]) - t[i])
}
/** max(x, 0) - x · t + ln(1 + e^-|x|), x logits: -t · ln σ(x) - (1 - t) · ln(1 - σ(x)) without its overflow. */
export const binaryCrossEntropyForward = (args: LoopArguments<'binaryCrossEntropyForward'>): undefined =>
  rowLosses(args, binaryCrossEntropies)
export const binaryCrossEntropyBackward = (args: LoopArguments<'binaryCrossEntropyBackward'>): undefined =>
  rowGradients(args, binaryCrossEntropyGradient)

const klDivergences: RowSum = (p, t, start, end) => {
  let total = 0
  for (let i = start; i < end; i++) if (t[i] !== 0) total += t[i] * (Math.log(t[i]) - p[i])
  return total
}
const klDivergenceGradient: RowGradient = (d, factor, _p, t, start, end) => {
  for (let i = start; i < end; i++) d[i] = -factor * t[i]
}
/** t · (ln t - p), p log-probabilities; 0 where t is 0. */
export const klDivergenceForward = (args: LoopArguments<'klDivergenceForward'>): undefined =>
  rowLosses(args, klDivergences)
export const klDivergenceBackward = (args: LoopArguments<'klDivergenceBackward'>): undefined =>
  rowGradients(args, klDivergenceGradient)

const hinges: RowSum = (p, t, start, end) => {
  let total = 0
  for (let i = start; i < end; i++) total += Math.max(0, 1 - t[i] * p[i])
  return total
}
const hingeGradient: RowGradient = (d, factor, p, t, start, end) => {
  for (let i = start; i < end; i++) d[i] = t[i] * p[i] < 1 ? -factor * t[i] : 0
}
/** max(0, 1 - t · p), t being -1 or 1. */
export const hingeForward = (args: LoopArguments<'hingeForward'>): undefined => rowLosses(args, hinges)
export const hingeBackward = (args: LoopArguments<'hingeBackward'>): undefined => rowGradients(args, hingeGradient)
