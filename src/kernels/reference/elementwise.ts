// Plain element-by-element arithmetic, and copies.

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

/** y = alpha · x. */
export function scale({ y, x, n, alpha }: LoopArguments<'scale'>): undefined {
  for (let i = 0; i < n; i++) y[i] = alpha * x[i]
}

/** y += alpha · x. */
export function addScaled({ y, x, n, alpha }: LoopArguments<'addScaled'>): undefined {
  for (let i = 0; i < n; i++) y[i] += alpha * x[i]
}

/** Columns [xOffset, xOffset + cols) of x (rows,xStride) to columns from yOffset on of y (rows,yStride). */
export function copyColumns(args: LoopArguments<'copyColumns'>): undefined {
  const { y, x, rows, cols, yStride, xStride, yOffset, xOffset } = args
  for (let r = 0; r < rows; r++) {
    const [to, from] = [r * yStride + yOffset, r * xStride + xOffset]
    for (let i = 0; i < cols; i++) y[to + i] = x[from + i]
  }
}

/** y (groups,count,cols) = each row of x (groups,cols), `count` times. */
export function repeatRows({ y, x, groups, count, cols }: LoopArguments<'repeatRows'>): undefined {
  let to = 0
  for (let from = 0; from < groups * cols; from += cols) {
    for (let r = 0; r < count; r++, to += cols) {
      for (let i = 0; i < cols; i++) y[to + i] = x[from + i]
    }
  }
}
