// Tensor: a contiguous row-major array with a shape. No arithmetic here (src/math.ts), no gradients (model/).

import { describe, netwrightError } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import { argMaxAlong, argMaxOf } from './arg-max.js'
import { type NestedArray, nest } from './nested.js'
import { arrayText } from './print.js'
import { checkIndex, checkShape, type Shape, shapeText, sizeOf } from './shape.js'
import { copyStrided } from './strided.js'

export type TensorElement = 'float32' | 'float64' | 'int32' | 'uint8'
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array

export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const

export function elementOf(data: TensorData): TensorElement {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  return 'uint8'
}

/**
 * Where a tensor will live in a plan that is being recorded: in the plan's own memory `memory` (a number) or in the
 * slot of that name, `offset` elements from its start.
 */
export interface Placeholder {
  readonly memory: number | string
  readonly offset: number
  readonly element: TensorElement
}

/**
 * `data` in row-major order and its `shape`. `scale`: a stored element e stands for e · scale (1 unless the data are
 * bytes that are normalised only when they are read, such as MNIST's 1/255).
 *
 * While a model is being recorded a tensor has a shape but no data yet; reading `data` then throws and names
 * `kernels.host`, the way to run plain JavaScript inside a recorded step.
 */
export class Tensor {
  readonly shape: Shape
  readonly element: TensorElement
  readonly scale: number
  /** Set while a plan is being recorded, in place of data. */
  readonly placeholder: Placeholder | undefined
  readonly #data: TensorData | undefined

  constructor(data: TensorData | Placeholder, shape: Shape, options: { scale?: number } = {}) {
    if (!ArrayBuffer.isView(data) && (typeof data !== 'object' || data === null || !('memory' in data))) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Tensor: data is ${describe(data)}, expected a typed array; for nested arrays use tensor([[1, 2], [3, 4]])`,
        'TypeError',
      )
    }
    checkShape('Tensor', shape, { unlimited: !ArrayBuffer.isView(data) })
    if (ArrayBuffer.isView(data) && data.length !== sizeOf(shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `Tensor: shape ${shapeText(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`,
        'RangeError',
      )
    }
    this.#data = ArrayBuffer.isView(data) ? data : undefined
    this.placeholder = ArrayBuffer.isView(data) ? undefined : data
    this.shape = Object.freeze([...shape])
    this.element = ArrayBuffer.isView(data) ? elementOf(data) : data.element
    this.scale = options.scale ?? 1
    if (this.scale !== 1 && this.element.startsWith('float')) {
      throw netwrightError('ERR_ARGUMENT', `Tensor: only integers have a scale, got ${this.scale} for ${this.element}`)
    }
  }

  /** The elements, live: writing changes the tensor. Throws ERR_RECORDING while a plan is being recorded. */
  get data(): TensorData {
    if (this.#data === undefined) {
      throw netwrightError(
        'ERR_RECORDING',
        `This tensor ${shapeText(this.shape)} has no data yet: a plan is being recorded. ` +
          'Write the computation with kernels, or wrap plain JavaScript in kernels.host(fn, outputs, inputs) ' +
          'and use the tensors that fn receives: kernels.host(([y], [x]) => …, [y], [x]).',
      )
    }
    return this.#data
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  get rank(): number {
    return this.shape.length
  }

  /**
   * Samples `start` to `end` (exclusive) of axis 0, as a view: it shares memory with this tensor. As in NumPy, negative
   * numbers count from the end and bounds beyond the axis are cut. Throws ERR_SHAPE for a tensor without axes,
   * ERR_ARGUMENT for a bound that is no integer.
   */
  slice(start = 0, end?: number): Tensor {
    const length = this.shape[0]
    if (length === undefined) throw netwrightError('ERR_SHAPE', 'slice: a tensor of shape () has no axis to slice')
    const from = sliceBound('start', start, length)
    const to = Math.max(from, sliceBound('end', end ?? length, length))
    const row = sizeOf(this.shape.slice(1))
    const shape = [to - from, ...this.shape.slice(1)]
    if (this.placeholder !== undefined) {
      return this.#like({ ...this.placeholder, offset: this.placeholder.offset + from * row }, shape)
    }
    return this.#like(this.data.subarray(from * row, to * row), shape)
  }

  /**
   * The same elements, in memory shared with this tensor, with another shape: `reshape(2, 3)` or `reshape([2, 3])`.
   * One axis may be -1: it gets what is left. Throws ERR_SHAPE if the sizes differ.
   */
  reshape(...shape: readonly number[] | readonly [Shape]): Tensor {
    const wanted = (Array.isArray(shape[0]) ? shape[0] : shape) as Shape
    checkShape('reshape', wanted, { wildcard: true })
    const known = sizeOf(wanted.filter((dimension) => dimension !== -1))
    const resolved = wanted.map((dimension) => (dimension === -1 ? this.size / known : dimension))
    if (sizeOf(resolved) !== this.size || !resolved.every(Number.isInteger)) {
      throw netwrightError(
        'ERR_SHAPE',
        `reshape: ${shapeText(this.shape)} has ${this.size} elements, which do not fit into ${shapeText(wanted)}`,
        'RangeError',
      )
    }
    return this.#like(this.placeholder ?? this.data, resolved)
  }

  /** A copy with the axes in reverse order, (2,3) → (3,2), or in the given order: `transpose(0, 2, 1)`. */
  transpose(...axes: readonly number[]): Tensor {
    const order = axes.length === 0 ? this.shape.map((_, i) => this.rank - 1 - i) : axes
    if (order.length !== this.rank || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
      throw netwrightError(
        'ERR_SHAPE',
        `transpose: axes ${describe(axes)} of a tensor of shape ${shapeText(this.shape)}, ` +
          `expected each of its ${this.rank} axes once`,
        'RangeError',
      )
    }
    const result = new arrayTypes[this.element](this.size)
    const shape = order.map((axis) => this.shape[axis] as number)
    const strides = order.map((axis) => sizeOf(this.shape.slice(axis + 1)))
    copyStrided(result, this.data, shape, strides)
    return this.#like(result, shape)
  }

  /** The element at `indices`, one per axis; negative ones count from the end. Throws ERR_SHAPE outside the tensor. */
  at(...indices: readonly number[]): number {
    if (indices.length !== this.rank) {
      throw netwrightError(
        'ERR_SHAPE',
        `at: got ${indices.length} indices for shape ${shapeText(this.shape)}, expected ${this.rank}`,
        'RangeError',
      )
    }
    let offset = 0
    for (const [axis, length] of this.shape.entries()) {
      offset = offset * length + checkIndex('at', indices[axis] as number, length, axis)
    }
    return this.#valueAt()(offset)
  }

  /** The only element, as a number. Throws ERR_SHAPE unless the tensor has exactly one. */
  item(): number {
    if (this.size !== 1) {
      throw netwrightError(
        'ERR_SHAPE',
        `item: a tensor of shape ${shapeText(this.shape)} has ${this.size} elements, expected 1`,
        'RangeError',
      )
    }
    return this.#valueAt()(0)
  }

  /** The values as nested plain arrays, a copy; a number for shape (). */
  toArray(): NestedArray {
    return nest(this.#valueAt(), this.shape)
  }

  /** The values (`scale` applied) in row-major order, as an ordinary Float32Array of their own. */
  toFloat32(): Float32Array<ArrayBuffer> {
    const result = new Float32Array(this.size)
    if (this.scale === 1) {
      result.set(this.data)
    } else {
      // A byte times a float32 is exact as a double, so storing it rounds it once, as kernels do.
      const { data } = this
      const factor = Math.fround(this.scale)
      for (let i = 0; i < result.length; i++) result[i] = (data[i] as number) * factor
    }
    return result
  }

  /**
   * Without `axis`: where the first largest value is, counted over the flat tensor. With `axis` (negative ones count
   * from the end): an int32 tensor without that axis. NaN counts as largest, as in NumPy. Throws ERR_SHAPE when there
   * is nothing to compare.
   */
  argMax(): number
  argMax(axis: number): Tensor
  argMax(axis?: number): number | Tensor {
    const at = axis === undefined ? undefined : checkIndex('argMax', axis, this.rank, 0)
    if ((at === undefined ? this.size : this.shape[at]) === 0) {
      throw netwrightError('ERR_SHAPE', `argMax: shape ${shapeText(this.shape)} has nothing to compare`, 'RangeError')
    }
    if (at === undefined) return argMaxOf(this.#valueAt(), this.size)
    const shape = this.shape.filter((_, i) => i !== at)
    return new Tensor(argMaxAlong(this.#valueAt(), this.shape, at), shape)
  }

  /** The values as NumPy's `print` writes them. */
  toString(): string {
    if (this.#data === undefined) return `Tensor ${shapeText(this.shape)} ${this.element} (being recorded: no data yet)`
    const integers = this.scale === 1 && (this.element === 'int32' || this.element === 'uint8')
    const floats = this.element === 'float64' ? 'float64' : 'float32'
    return arrayText(this.#valueAt(), this.shape, integers ? 'integer' : floats)
  }

  /** console.log prints a tensor as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  #like(data: TensorData | Placeholder, shape: Shape): Tensor {
    return new Tensor(data, shape, { scale: this.scale })
  }

  /** Reads element i as the number that it stands for. A scaled one is the float32 product that kernels compute. */
  #valueAt(): (i: number) => number {
    const { data, scale } = this
    if (scale === 1) return (i) => data[i] as number
    if (this.element === 'float64') return (i) => (data[i] as number) * scale
    const factor = Math.fround(scale)
    return (i) => Math.fround((data[i] as number) * factor)
  }
}

function sliceBound(name: string, bound: number, length: number): number {
  if (!Number.isInteger(bound)) {
    throw netwrightError('ERR_ARGUMENT', `slice: ${name} is ${describe(bound)}, expected an integer`, 'TypeError')
  }
  return Math.min(length, Math.max(0, bound < 0 ? bound + length : bound))
}
