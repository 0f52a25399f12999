// Clipping of gradients.

import type { LoopArguments } from './loop.js'

/** roots[at + row] = √(Σ x² / divisor) of each row of x (rows,cols). */
export function rootMeanSquares(args: LoopArguments<'rootMeanSquares'>): undefined {
  const { roots, x, rows, cols, divisor, at } = args
  for (let r = 0; r < rows; r++) {
    let total = 0
    for (let i = r * cols; i < (r + 1) * cols; i++) total += x[i] * x[i]
    roots[at + r] = Math.sqrt(total / divisor)
  }
}

/** x *= min(1, limit / (√(divisor · Σ roots²) + 1e-6)). */
export function clipByNorm({ x, roots, n, count, divisor, limit }: LoopArguments<'clipByNorm'>): undefined {
  let total = 0
  for (let i = 0; i < count; i++) total += roots[i] * roots[i]
  const factor = limit / (Math.sqrt(divisor * total) + 1e-6)
  if (factor >= 1) return
  for (let i = 0; i < n; i++) x[i] *= factor
}

/** x = min(max(x, -limit), limit). */
export function clipByValue({ x, n, limit }: LoopArguments<'clipByValue'>): undefined {
  for (let i = 0; i < n; i++) {
    if (x[i] > limit) x[i] = limit
    else if (x[i] < -limit) x[i] = -limit
  }
}
