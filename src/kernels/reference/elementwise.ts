// Plain element-by-element arithmetic.

import type { LoopArguments } from './loop.js'

/** y = a + b. */
export function add({ y, a, b, n }: LoopArguments<'add'>): undefined {
  for (let i = 0; i < n; i++) y[i] = a[i] + b[i]
}

/** y = a · b. */
export function mul({ y, a, b, n }: LoopArguments<'mul'>): undefined {
  for (let i = 0; i < n; i++) y[i] = a[i] * b[i]
}

/** y = value / divisor. */
export function fill({ y, n, divisor, value }: LoopArguments<'fill'>): undefined {
  y.fill(value / divisor, 0, n)
}
