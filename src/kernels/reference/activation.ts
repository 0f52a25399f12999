// Activations, element by element. Softmax is in softmax.ts.

import { erfc } from './erf.js'
import type { LoopArguments } from './loop.js'

/** y = max(0, x); Math.max keeps NaN. */
export function reluForward({ y, x, n }: LoopArguments<'reluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = Math.max(0, x[i])
}

/** dx = dy where y > 0, else 0. */
export function reluBackward({ dx, dy, y, n }: LoopArguments<'reluBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0
}

/** 1 / (1 + e^-x), from e^-|x|, which cannot overflow. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/** y = 1 / (1 + e^-x). */
export function sigmoidForward({ y, x, n }: LoopArguments<'sigmoidForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = sigmoid(x[i])
}

/** dx = dy · y · (1 - y). */
export function sigmoidBackward({ dx, dy, y, n }: LoopArguments<'sigmoidBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = dy[i] * y[i] * (1 - y[i])
}

/** y = tanh x. */
export function tanhForward({ y, x, n }: LoopArguments<'tanhForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = Math.tanh(x[i])
}

/** dx = dy · (1 - y²). */
export function tanhBackward({ dx, dy, y, n }: LoopArguments<'tanhBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = dy[i] * (1 - y[i]) * (1 + y[i])
}

/** y = x where x > 0, else slope · x. */
export function leakyReluForward({ y, x, n, slope }: LoopArguments<'leakyReluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i]
}

/** dx = dy where x > 0, else slope · dy. */
export function leakyReluBackward({ dx, dy, x, n, slope }: LoopArguments<'leakyReluBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i]
}

/** y = x where x > 0, else alpha · (e^x - 1). */
export function eluForward({ y, x, n, alpha }: LoopArguments<'eluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : alpha * Math.expm1(x[i])
}

/** dx = dy where y > 0, else dy · (y + alpha). */
export function eluBackward({ dx, dy, y, n, alpha }: LoopArguments<'eluBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha)
}

/** Φ(x), the normal distribution function. */
const normalDistribution = (x: number): number => 0.5 * erfc(-Math.SQRT1_2 * x)
const rootOfTwoPi = Math.sqrt(2 * Math.PI)

/** y = x · Φ(x). */
export function geluForward({ y, x, n }: LoopArguments<'geluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = x[i] * normalDistribution(x[i])
}

/** dx = dy · (Φ(x) + x · φ(x)), φ(x) = e^(-x²/2) / √(2π). */
export function geluBackward({ dx, dy, x, n }: LoopArguments<'geluBackward'>): undefined {
  for (let i = 0; i < n; i++) {
    const at = x[i]
    dx[i] = dy[i] * (normalDistribution(at) + (at * Math.exp(-0.5 * at * at)) / rootOfTwoPi)
  }
}

/** y = x · σ(x). */
export function siluForward({ y, x, n }: LoopArguments<'siluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = x[i] * sigmoid(x[i])
}

/** dx = dy · σ(x) · (1 + x · (1 - σ(x))). */
export function siluBackward({ dx, dy, x, n }: LoopArguments<'siluBackward'>): undefined {
  for (let i = 0; i < n; i++) {
    const s = sigmoid(x[i])
    dx[i] = dy[i] * s * (1 + x[i] * (1 - s))
  }
}
