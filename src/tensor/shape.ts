// Shapes: how many elements, do two agree, how they print.

import { describe, netwrightError } from '../errors.js'

export type Shape = readonly number[]

/** Number of elements; 1 for a scalar's `[]`. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const dimension of shape) size *= dimension
  return size
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** `(100, 784)`; `(3,)` for one axis, as NumPy prints it; `()` for a scalar. */
export function shapeText(shape: Shape): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
}

/** V8's typed arrays hold at most 2^33 elements; kernels count sizes in 32 bits. */
const maximumSize = 2 ** 32 - 1

/**
 * Throws ERR_SHAPE unless `shape` is an array of non-negative integers (with `wildcard`, one may be -1) of a size that
 * a tensor may have (`unlimited`: of any size, for tensors that have no memory yet).
 */
export function checkShape(
  where: string,
  shape: Shape,
  options: { readonly wildcard?: boolean; readonly unlimited?: boolean } = {},
): void {
  const fail = (problem: string): never => {
    const wanted = options.wildcard ? 'non-negative integers, at most one of them -1' : 'non-negative integers'
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: shape ${problem}, expected an array of ${wanted}, such as [2, 3]`,
      'RangeError',
    )
  }
  if (!Array.isArray(shape)) fail(`is ${describe(shape)}`)
  let free = 0
  let size = 1
  for (const [axis, dimension] of shape.entries()) {
    if (dimension === -1 && options.wildcard) {
      free++
      continue
    }
    if (!Number.isInteger(dimension) || dimension < 0) fail(`has ${describe(dimension)} at axis ${axis}`)
    size *= dimension
  }
  if (free > 1) fail(`${shapeText(shape)} has -1 ${free} times`)
  if (size > maximumSize && !options.unlimited) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: shape ${shapeText(shape)} has ${size} elements, more than the ${maximumSize} that a tensor may have`,
      'RangeError',
    )
  }
}

/** `index` counted from the front; negative ones count from the end. Throws ERR_SHAPE outside the axis. */
export function checkIndex(where: string, index: number, length: number, axis: number): number {
  const at = index < 0 ? index + length : index
  if (Number.isInteger(at) && at >= 0 && at < length) return at
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: index ${describe(index)} is outside axis ${axis} of length ${length}`,
    'RangeError',
  )
}
