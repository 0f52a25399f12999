// Where the largest value is. As in NumPy the first of equals wins, and NaN counts as largest.

import type { Shape } from './shape.js'
import { sizeOf } from './shape.js'

/** Index of the first largest of `length` values. */
export function argMaxOf(valueAt: (i: number) => number, length: number): number {
  let best = 0
  let largest = valueAt(0)
  for (let i = 1; i < length && !Number.isNaN(largest); i++) {
    const value = valueAt(i)
    if (value > largest || Number.isNaN(value)) {
      best = i
      largest = value
    }
  }
  return best
}

/** argMaxOf along `axis` of a row-major array, for every position of the other axes in order. */
export function argMaxAlong(valueAt: (i: number) => number, shape: Shape, axis: number): Int32Array {
  const outer = sizeOf(shape.slice(0, axis))
  const length = shape[axis] ?? 1
  const inner = sizeOf(shape.slice(axis + 1))
  const result = new Int32Array(outer * inner)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const base = o * length * inner + i
      result[o * inner + i] = argMaxOf((k) => valueAt(base + k * inner), length)
    }
  }
  return result
}
