// Making tensors: from nested arrays and typed arrays, and filled ones. All copy; `new Tensor(data, shape)` shares.

import { describe, netwrightError } from '../errors.js'
import { flatten, isNumberArray, type NestedNumbers, type NumberArray } from './nested.js'
import { checkShape, type Shape, sizeOf } from './shape.js'
import { arrayTypes, Tensor, type TensorData, type TensorElement } from './tensor.js'

/** What can be made into a tensor. */
export type TensorLike = Tensor | NestedNumbers

export interface CreateOptions {
  /** Element type of the tensor; the default is `float32`, or the type of the typed array it is made from. */
  readonly element?: TensorElement
}

/**
 * A tensor with a copy of `value`: a number, nested arrays of any depth (`[[1, 2], [3, 4]]`), a typed array or another
 * tensor. `shape` rearranges the elements (one axis may be -1); without it the nesting gives the shape, and a typed
 * array makes one axis. Nested arrays become float32. Typed arrays keep their type where tensors have it, smaller
 * integers become int32.
 *
 * Throws ERR_SHAPE for ragged rows (naming their index path) or a shape that does not fit, ERR_ARGUMENT for anything
 * that is no number, or a number that an integer `element` cannot hold.
 */
export function tensor(value: TensorLike, shape?: Shape, options: CreateOptions = {}): Tensor {
  const element = options.element
  if (element !== undefined) checkElement('tensor', element)
  if (shape !== undefined) checkShape('tensor', shape, { wildcard: true })
  if (value instanceof Tensor) {
    const scaled = value.scale !== 1 && element !== undefined && element !== value.element
    const source = scaled ? value.toFloat32() : value.data
    const copy = copyAs(source, element ?? value.element)
    return new Tensor(copy, value.shape, { scale: scaled ? 1 : value.scale }).reshape(...(shape ?? value.shape))
  }
  if (isNumberArray(value)) {
    const copy = copyAs(value, element ?? typedElement(value))
    return new Tensor(copy, [copy.length]).reshape(...(shape ?? [copy.length]))
  }
  if (typeof value !== 'number' && !Array.isArray(value)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `tensor: expected a number, nested arrays of numbers, a typed array or a Tensor, got ${describe(value)}`,
      'TypeError',
    )
  }
  const { flat, shape: nested } = flatten(value, 'tensor')
  return new Tensor(copyAs(flat, element ?? 'float32'), nested).reshape(...(shape ?? nested))
}

/** A float32 (or `element`) tensor of zeros: `zeros([2, 3])`. */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('zeros', shape, 0, options)
}

/** A float32 (or `element`) tensor of ones. */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('ones', shape, 1, options)
}

/** A float32 (or `element`) tensor with `value` everywhere. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  return filled('full', shape, value, options)
}

function filled(where: string, shape: Shape, value: number, options: CreateOptions): Tensor {
  const element = options.element ?? 'float32'
  checkElement(where, element)
  checkShape(where, shape)
  checkValue(where, value, element, '')
  const data = new arrayTypes[element](sizeOf(shape))
  if (value !== 0) data.fill(value)
  return new Tensor(data, shape)
}

/**
 * `arange(stop)` or `arange(start, stop, step)`: start, start + step, … below (for a negative step, above) stop.
 * float32 unless `element` says otherwise. Throws ERR_ARGUMENT for a step of 0 or a number that is not finite.
 */
export function arange(startOrStop: number, stop?: number, step = 1, options: CreateOptions = {}): Tensor {
  const start = stop === undefined ? 0 : startOrStop
  const end = stop ?? startOrStop
  for (const [name, number] of Object.entries({ start, stop: end, step })) {
    if (!Number.isFinite(number) || (name === 'step' && number === 0)) {
      const wanted = name === 'step' ? 'a finite number other than 0' : 'a finite number'
      throw netwrightError('ERR_ARGUMENT', `arange: ${name} is ${describe(number)}, expected ${wanted}`, 'RangeError')
    }
  }
  const length = Math.max(0, Math.ceil((end - start) / step))
  checkShape('arange', [length])
  return new Tensor(
    copyAs(
      Array.from({ length }, (_, i) => start + i * step),
      options.element ?? 'float32',
    ),
    [length],
  )
}

/** The tensor element type that holds every value of a typed array. */
function typedElement(array: NumberArray): TensorElement {
  if (array instanceof Float32Array) return 'float32'
  if (array instanceof Float64Array) return 'float64'
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return 'uint8'
  return 'int32'
}

/** A new typed array of `element` with the values of `source`; a number that it cannot hold is an error. */
export function copyAs(source: ArrayLike<number>, element: TensorElement): TensorData {
  // The engine copies typed arrays many times as fast as a loop does.
  if ((element === 'float32' || element === 'float64') && ArrayBuffer.isView(source)) {
    return new arrayTypes[element](source as unknown as ArrayLike<number>)
  }
  const data = new arrayTypes[element](source.length)
  for (let i = 0; i < source.length; i++) {
    const value = source[i] as number
    if (element === 'int32' || element === 'uint8') checkValue('tensor', value, element, `value[${i}]`)
    data[i] = value
  }
  return data
}

const integerRanges = { int32: [-2147483648, 2147483647], uint8: [0, 255] } as const

function checkValue(where: string, value: number, element: TensorElement, name: string): void {
  if (typeof value !== 'number') {
    throw netwrightError('ERR_ARGUMENT', `${where}: value is ${describe(value)}, expected a number`, 'TypeError')
  }
  if (element === 'float32' || element === 'float64') return
  const [low, high] = integerRanges[element]
  if (Number.isInteger(value) && value >= low && value <= high) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: ${name === '' ? 'value' : name} is ${value}, expected an integer from ${low} to ${high} (${element})`,
    'RangeError',
  )
}

function checkElement(where: string, element: unknown): void {
  if (typeof element === 'string' && Object.hasOwn(arrayTypes, element)) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: element is ${describe(element)}, expected one of ${Object.keys(arrayTypes).join(', ')}`,
    'TypeError',
  )
}
