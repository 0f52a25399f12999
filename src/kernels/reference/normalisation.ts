// Batch normalisation of x (rows,channels,places), statistics per channel over rows and places. Sums are added in
// doubles.

import type { LoopArguments } from './loop.js'

/** y = (x - mean) / √(variance + epsilon) · scale + shift by the batch's own mean and variance (channels). */
export function batchNormForward(args: LoopArguments<'batchNormForward'>): undefined {
  const { y, mean, variance, x, scale, shift, rows, channels, places, epsilon } = args
  const count = rows * places
  const step = channels * places
  for (let c = 0; c < channels; c++) {
    const start = c * places
    const size = rows * step
    let total = 0
    for (let row = start; row < size; row += step) {
      for (let i = row; i < row + places; i++) total += x[i]
    }
    const center = count === 0 ? 0 : total / count
    let squares = 0
    for (let row = start; row < size; row += step) {
      for (let i = row; i < row + places; i++) squares += (x[i] - center) * (x[i] - center)
    }
    const spread = count === 0 ? 0 : squares / count
    mean[c] = center
    variance[c] = spread
    const factor = (scale === null ? 1 : scale[c]) / Math.sqrt(spread + epsilon)
    const offset = shift === null ? 0 : shift[c]
    for (let row = start; row < size; row += step) {
      for (let i = row; i < row + places; i++) y[i] = (x[i] - center) * factor + offset
    }
  }
}

/** dScale = Σ dy · x' + beta · dScale, dShift = Σ dy + beta · dShift, dx through the statistics; x' is normalised x. */
export function batchNormBackward(args: LoopArguments<'batchNormBackward'>): undefined {
  const { dx, dScale, dShift, dy, x, mean, variance, scale, rows, channels, places, epsilon, beta } = args
  const count = rows * places
  const step = channels * places
  const size = rows * step
  for (let c = 0; c < channels; c++) {
    const start = c * places
    const center = mean[c]
    const inverse = 1 / Math.sqrt(variance[c] + epsilon)
    let shifts = 0
    let scales = 0
    for (let row = start; row < size; row += step) {
      for (let i = row; i < row + places; i++) {
        shifts += dy[i]
        scales += dy[i] * (x[i] - center)
      }
    }
    scales *= inverse
    dScale[c] = beta === 0 ? scales : scales + beta * dScale[c]
    dShift[c] = beta === 0 ? shifts : shifts + beta * dShift[c]
    const factor = (scale === null ? 1 : scale[c]) * inverse
    const meanShift = shifts / count
    const slope = (scales / count) * inverse
    for (let row = start; row < size; row += step) {
      for (let i = row; i < row + places; i++) dx[i] = factor * (dy[i] - meanShift - (x[i] - center) * slope)
    }
  }
}

/** y = (x - mean) / √(variance + epsilon) · scale + shift by given mean and variance (channels). */
export function batchNormEvaluate(args: LoopArguments<'batchNormEvaluate'>): undefined {
  const { y, x, mean, variance, scale, shift, rows, channels, places, epsilon } = args
  const step = channels * places
  for (let c = 0; c < channels; c++) {
    const center = mean[c]
    const factor = (scale === null ? 1 : scale[c]) / Math.sqrt(variance[c] + epsilon)
    const offset = shift === null ? 0 : shift[c]
    for (let row = c * places; row < rows * step; row += step) {
      for (let i = row; i < row + places; i++) y[i] = (x[i] - center) * factor + offset
    }
  }
}

/** Moves the running statistics (channels) towards the batch's by `momentum`. */
export function batchNormUpdate(args: LoopArguments<'batchNormUpdate'>): undefined {
  const { runningMean, runningVariance, mean, variance, channels, count, momentum, unbiased } = args
  if (count < 2) return
  const correction = unbiased ? count / (count - 1) : 1
  for (let c = 0; c < channels; c++) {
    runningMean[c] += momentum * (mean[c] - runningMean[c])
    runningVariance[c] += momentum * (variance[c] * correction - runningVariance[c])
  }
}
