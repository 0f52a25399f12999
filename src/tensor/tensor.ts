// Tensor: a contiguous row-major array with a shape. No arithmetic here (src/math.ts), no gradients (model/).

import { netwrightError } from '../errors.js'
import { type Shape, shapeText, sizeOf } from './shape.js'

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
  readonly #data: TensorData | undefined

  constructor(data: TensorData | undefined, shape: Shape, options: { element?: TensorElement; scale?: number } = {}) {
    if (data !== undefined && data.length !== sizeOf(shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `Tensor: shape ${shapeText(shape)} needs ${sizeOf(shape)} elements, got ${data.length}`,
        'RangeError',
      )
    }
    this.#data = data
    this.shape = Object.freeze([...shape])
    this.element = data === undefined ? (options.element ?? 'float32') : elementOf(data)
    this.scale = options.scale ?? 1
  }

  /** The elements, live: writing changes the tensor. Throws ERR_RECORDING while a plan is being recorded. */
  get data(): TensorData {
    if (this.#data === undefined) {
      throw netwrightError(
        'ERR_RECORDING',
        `This tensor ${shapeText(this.shape)} has no data yet: a plan is being recorded. ` +
          'Write the computation with kernels, or wrap plain JavaScript in kernels.host(fn, outputs, inputs).',
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
}
