// Nested arrays in and out: [[1, 2], [3, 4]] ⇄ flat numbers with a shape. Finds ragged rows and names their path.

import { describe, netwrightError } from '../errors.js'
import type { Shape } from './shape.js'

/** Any typed array of ordinary numbers (not BigInt). */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array

/** A number, or arrays of numbers to any depth; the innermost may be typed arrays. */
export type NestedNumbers = number | NumberArray | readonly NestedNumbers[]

/** What `Tensor.toArray()` gives: a number, or plain arrays of numbers to any depth. */
export type NestedArray = number | NestedArray[]

export function isNumberArray(value: unknown): value is NumberArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView) &&
    !(value instanceof BigInt64Array) &&
    !(value instanceof BigUint64Array)
  )
}

/** NumPy's limit too. */
const maximumRank = 64

const pathText = (path: readonly number[]): string => path.map((i) => `[${i}]`).join('')

/** Flattens `value`; throws ERR_SHAPE where rows differ in length and ERR_ARGUMENT where something is no number. */
export function flatten(value: NestedNumbers, where: string): { readonly flat: number[]; readonly shape: Shape } {
  const shape: number[] = []
  for (let first: unknown = value; Array.isArray(first) || isNumberArray(first); first = first[0]) {
    shape.push(first.length)
    // Also what stops at an array that contains itself.
    if (shape.length > maximumRank) {
      throw netwrightError('ERR_SHAPE', `${where}: arrays are nested more than ${maximumRank} deep`, 'RangeError')
    }
  }
  const flat: number[] = []
  const path: number[] = []
  const walk = (part: unknown, axis: number): void => {
    const wanted = shape[axis]
    if (Array.isArray(part) || isNumberArray(part)) {
      if (wanted === undefined || part.length !== wanted) {
        const expected = wanted === undefined ? 'a number' : `${wanted} items`
        throw netwrightError(
          'ERR_SHAPE',
          `${where}: ragged array: value${pathText(path)} has ${part.length} items, expected ${expected}, ` +
            `as in value${pathText(path.map(() => 0))}`,
          'RangeError',
        )
      }
      for (let i = 0; i < part.length; i++) {
        path.push(i)
        walk(part[i], axis + 1)
        path.pop()
      }
      return
    }
    if (typeof part !== 'number') {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${where}: value${pathText(path)} is ${describe(part)}, expected a number`,
        'TypeError',
      )
    }
    if (wanted !== undefined) {
      throw netwrightError(
        'ERR_SHAPE',
        `${where}: ragged array: value${pathText(path)} is the number ${part}, expected ${wanted} items, ` +
          `as in value${pathText(path.map(() => 0))}`,
        'RangeError',
      )
    }
    flat.push(part)
  }
  walk(value, 0)
  return { flat, shape }
}

/** The row-major array of `shape` whose element `i` is `valueAt(i)`, as nested plain arrays. */
export function nest(valueAt: (i: number) => number, shape: Shape): NestedArray {
  const build = (axis: number, offset: number): NestedArray => {
    const length = shape[axis]
    if (length === undefined) return valueAt(offset)
    return Array.from({ length }, (_, i) => build(axis + 1, offset * length + i))
  }
  return build(0, 0)
}
