// How a window passes over images: kernel size, stride and padding as users give them, and the sizes that follow.

import { describe, netwrightError } from '../errors.js'
import { type Shape, shapeText } from '../tensor/shape.js'

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [height: number, width: number]

/**
 * Rows and columns of padding on each side; 'valid': none; 'same': so much that the output has size / stride (rounded
 * up) rows and columns, the odd one below and on the right, as in Keras.
 */
export type Padding = Pair | 'same' | 'valid'

export interface WindowOptions {
  readonly stride?: Pair
  readonly padding?: Padding
}

/** The sizes that kernels take, but for the rows of the batch. */
export interface WindowSizes {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  readonly outHeight: number
  readonly outWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly padTop: number
  readonly padLeft: number
}

const largest = 65536

export class Window {
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number] | 'same'
  readonly #layer: string

  /** Throws ERR_ARGUMENT, naming the layer, for sizes that are no whole numbers. */
  constructor(layer: string, kernel: Pair, { stride = 1, padding = 0 }: WindowOptions) {
    this.#layer = layer
    this.kernel = toPair(`${layer}: kernel`, kernel, 1)
    this.stride = toPair(`${layer}: stride`, stride, 1)
    this.padding = padding === 'same' ? 'same' : toPair(`${layer}: padding`, padding === 'valid' ? 0 : padding, 0)
  }

  /** The sizes for images (channels,height,width). Throws ERR_SHAPE, with the arithmetic, where no window fits. */
  sizes([channels, height, width]: readonly [number, number, number]): WindowSizes {
    const [rows, columns] = [this.#along(0, height), this.#along(1, width)]
    return {
      channels,
      height,
      width,
      kernelHeight: this.kernel[0],
      kernelWidth: this.kernel[1],
      outHeight: rows.out,
      outWidth: columns.out,
      strideHeight: this.stride[0],
      strideWidth: this.stride[1],
      padTop: rows.before,
      padLeft: columns.before,
    }
  }

  #along(axis: 0 | 1, length: number): { out: number; before: number } {
    const [kernel, stride] = [this.kernel[axis], this.stride[axis]]
    if (this.padding === 'same') {
      const out = Math.ceil(length / stride)
      return { out, before: Math.floor(Math.max(0, (out - 1) * stride + kernel - length) / 2) }
    }
    const before = this.padding[axis]
    const out = Math.floor((length + 2 * before - kernel) / stride) + 1
    if (out >= 1) return { out, before }
    const [what, name] = axis === 0 ? ['high', 'rows'] : ['wide', 'columns']
    throw netwrightError(
      'ERR_SHAPE',
      `${this.#layer}: a window ${kernel} ${what} does not fit into ${length} ${name} with ${before} of padding on each ` +
        `side: (${length} + 2 · ${before} - ${kernel}) / ${stride} + 1 = ` +
        `${(length + 2 * before - kernel) / stride + 1}, expected at least 1. Use a smaller window or more padding.`,
      'RangeError',
    )
  }
}

/** [channels, height, width] of the one input of `layer`, or undefined where it is no image. */
export function imageShape(inputs: readonly Shape[]): readonly [number, number, number] | undefined {
  const [shape] = inputs
  return inputs.length === 1 && shape?.length === 3 ? (shape as readonly [number, number, number]) : undefined
}

/** What a layer on images says where it got something else. */
export const imageExpected = (channels?: number): string =>
  `one input of shape ${shapeText([channels ?? -1, -1, -1]).replaceAll('-1', 'n')}: (channels, height, width)`

function toPair(name: string, value: unknown, least: number): readonly [number, number] {
  const pair = Array.isArray(value) ? value : [value, value]
  const fits =
    pair.length === 2 &&
    pair.every((item) => typeof item === 'number' && Number.isInteger(item) && item >= least && item <= largest)
  if (fits) return pair as unknown as readonly [number, number]
  throw netwrightError(
    'ERR_ARGUMENT',
    `${name} is ${describe(value)}, expected a whole number from ${least}, or two of them: [height, width]` +
      (name.endsWith('padding') ? ", or 'same' or 'valid'" : ''),
    'RangeError',
  )
}
