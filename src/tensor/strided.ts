// Copying along strides: what transposing and broadcasting have in common.

import type { Shape } from './shape.js'
import type { TensorData } from './tensor.js'

/** Fills `to`, row-major of `shape`: element (i, j, …) is from[i · strides[0] + j · strides[1] + …]. */
export function copyStrided(to: TensorData, from: TensorData, shape: Shape, strides: readonly number[]): void {
  const last = shape.length - 1
  let at = 0
  const walk = (axis: number, offset: number): void => {
    const length = shape[axis] ?? 1
    const stride = strides[axis] ?? 0
    if (axis < last) {
      for (let i = 0; i < length; i++) walk(axis + 1, offset + i * stride)
    } else {
      for (let i = 0; i < length; i++) to[at++] = from[offset + i * stride] as number
    }
  }
  if (to.length > 0) walk(0, 0)
}
