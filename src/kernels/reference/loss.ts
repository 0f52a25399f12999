// Losses against class labels or rows of target weights, and the weights of labels. Labels are checked here, where they
// are used. Losses that compare number with number are in row-loss.ts.

import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'
import { largest, softmaxRow } from './softmax.js'

/**
 * losses (rows) = weight · ((1 - smoothing) · -ln p of the label + smoothing · mean of -ln p), with -ln p = ln Σ e^(x -
 * max) - (x - max), x = logits; probabilities (rows,classes) = softmax(logits).
 */
export function softmaxCrossEntropyForward(args: LoopArguments<'softmaxCrossEntropyForward'>): Failure | undefined {
  const { losses, probabilities, logits, labels, weights, rows, classes, smoothing } = args
  for (let r = 0; r < rows; r++) {
    const weight = weights === null ? 1 : weights[r]
    const label = weight === 0 ? 0 : labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    const [start, end] = [r * classes, (r + 1) * classes]
    const max = largest(logits, start, end)
    const logSum = softmaxRow(probabilities, logits, start, end, max)
    let loss = logSum - (logits[start + label] - max)
    if (smoothing !== 0) {
      let distances = 0
      for (let i = start; i < end; i++) distances += max - logits[i]
      loss = (1 - smoothing) * loss + smoothing * (logSum + distances / classes)
    }
    losses[r] = weight === 0 ? 0 : weight * loss
  }
  return undefined
}

/** dlogits (rows,classes) = dlosses (rows) · weight · (probabilities - (1 - smoothing) · one-hot - smoothing / classes). */
export function softmaxCrossEntropyBackward(args: LoopArguments<'softmaxCrossEntropyBackward'>): Failure | undefined {
  const { dlogits, dlosses, probabilities, labels, weights, rows, classes, smoothing } = args
  const share = smoothing / classes
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * classes, (r + 1) * classes]
    const weight = weights === null ? 1 : weights[r]
    if (weight === 0) {
      dlogits.fill(0, start, end)
      continue
    }
    const label = labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    const scale = dlosses[r] * weight
    const atLabel = scale * (probabilities[start + label] - share - (1 - smoothing))
    for (let i = start; i < end; i++) dlogits[i] = scale * (probabilities[i] - share)
    dlogits[start + label] = atLabel
  }
  return undefined
}

/**
 * losses (rows) = Σ t' · (ln Σ e^(x - max) - (x - max)), x = logits, t' = (1 - smoothing) · targets + smoothing / classes
 * · Σ targets; probabilities (rows,classes) = softmax(logits).
 */
export function softmaxCrossEntropyDenseForward(args: LoopArguments<'softmaxCrossEntropyDenseForward'>): undefined {
  const { losses, probabilities, logits, targets, rows, classes, smoothing } = args
  const keep = 1 - smoothing
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * classes, (r + 1) * classes]
    const max = largest(logits, start, end)
    const logSum = softmaxRow(probabilities, logits, start, end, max)
    let share = 0
    if (smoothing !== 0) {
      for (let i = start; i < end; i++) share += targets[i]
      share *= smoothing / classes
    }
    let loss = 0
    for (let i = start; i < end; i++) loss += (keep * targets[i] + share) * (logSum - (logits[i] - max))
    losses[r] = loss
  }
}

/** dlogits = dlosses · (probabilities · Σ targets - t'), row by row, t' as in the forward loop. */
export function softmaxCrossEntropyDenseBackward(args: LoopArguments<'softmaxCrossEntropyDenseBackward'>): undefined {
  const { dlogits, dlosses, probabilities, targets, rows, classes, smoothing } = args
  const keep = 1 - smoothing
  for (let r = 0; r < rows; r++) {
    const [start, end] = [r * classes, (r + 1) * classes]
    let weight = 0
    for (let i = start; i < end; i++) weight += targets[i]
    const share = smoothing === 0 ? 0 : (smoothing / classes) * weight
    for (let i = start; i < end; i++) {
      dlogits[i] = dlosses[r] * (probabilities[i] * weight - (keep * targets[i] + share))
    }
  }
}

/** losses (rows) = -weight · logProbabilities (rows,classes) at the label. */
export function negativeLogLikelihoodForward(args: LoopArguments<'negativeLogLikelihoodForward'>): Failure | undefined {
  const { losses, logProbabilities, labels, weights, rows, classes } = args
  for (let r = 0; r < rows; r++) {
    const weight = weights === null ? 1 : weights[r]
    losses[r] = 0
    if (weight === 0) continue
    const label = labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    losses[r] = -weight * logProbabilities[r * classes + label]
  }
  return undefined
}

/** dlogProbabilities (rows,classes) = -dlosses (rows) · weight at the label, else 0. */
export function negativeLogLikelihoodBackward(
  args: LoopArguments<'negativeLogLikelihoodBackward'>,
): Failure | undefined {
  const { dlogProbabilities, dlosses, labels, weights, rows, classes } = args
  dlogProbabilities.fill(0, 0, rows * classes)
  for (let r = 0; r < rows; r++) {
    const weight = weights === null ? 1 : weights[r]
    if (weight === 0) continue
    const label = labels[r]
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    dlogProbabilities[r * classes + label] = -dlosses[r] * weight
  }
  return undefined
}

/** weights (rows) = the weight of each label's class, 0 for `ignore`; with `normalize` times rows / Σ weights. */
export function sampleWeights(args: LoopArguments<'sampleWeights'>): Failure | undefined {
  const { weights, labels, classWeights, rows, classes, ignore, normalize } = args
  let total = 0
  for (let r = 0; r < rows; r++) {
    const label = labels[r]
    weights[r] = 0
    if (label === ignore) continue
    if (label < 0 || label >= classes) return { code: 1, row: r, value: label }
    weights[r] = classWeights === null ? 1 : classWeights[label]
    total += weights[r]
  }
  if (normalize === 0) return undefined
  const factor = total === 0 ? 0 : rows / total
  for (let r = 0; r < rows; r++) weights[r] *= factor
  return undefined
}
