// Activations, element by element.

import type { LoopArguments } from './loop.js'

/** y = max(0, x); Math.max keeps NaN. */
export function reluForward({ y, x, n }: LoopArguments<'reluForward'>): undefined {
  for (let i = 0; i < n; i++) y[i] = Math.max(0, x[i])
}

/** dx = dy where y > 0, else 0. */
export function reluBackward({ dx, dy, y, n }: LoopArguments<'reluBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0
}

/** y = 1 / (1 + e^-x), from e^-|x|, which cannot overflow. */
export function sigmoidForward({ y, x, n }: LoopArguments<'sigmoidForward'>): undefined {
  for (let i = 0; i < n; i++) {
    const e = Math.exp(-Math.abs(x[i]))
    y[i] = (x[i] < 0 ? e : 1) / (1 + e)
  }
}

/** dx = dy · y · (1 - y). */
export function sigmoidBackward({ dx, dy, y, n }: LoopArguments<'sigmoidBackward'>): undefined {
  for (let i = 0; i < n; i++) dx[i] = dy[i] * y[i] * (1 - y[i])
}
