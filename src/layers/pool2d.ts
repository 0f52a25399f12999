// What MaxPool2d and AvgPool2d share: a window over each channel.

import { describe, netwrightError } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer, type LayerConfig } from './layer.js'
import { imageExpected, imageShape, type Pair, Window, type WindowOptions, type WindowSizes } from './window.js'

/** A layer that makes one number of each window of each channel: (N,C,H,W) → (N,C,OH,OW). */
export abstract class Pool2d extends Layer {
  readonly window: Window

  /** Throws ERR_ARGUMENT for padding as large as the window: a window of padding alone would have nothing to pool. */
  constructor(kernel: Pair, { stride = kernel, padding = 0 }: WindowOptions) {
    super()
    this.window = new Window(this.kind, kernel, { stride, padding })
    const pads = this.window.padding
    const size = this.window.kernel
    if (pads === 'same' || (pads[0] < size[0] && pads[1] < size[1])) return
    throw netwrightError(
      'ERR_ARGUMENT',
      `${this.kind}: padding is ${describe(pads)}, expected less than the window, ${describe(size)}`,
      'RangeError',
    )
  }

  override get config(): LayerConfig {
    const { kernel, stride, padding } = this.window
    return { kernel, stride, padding }
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const { channels, outHeight, outWidth } = this.#sizes(inputs)
    return [[channels, outHeight, outWidth]]
  }

  /** The sizes of a kernel call on a batch of images. */
  protected call({ shape }: Tensor): WindowSizes & { rows: number } {
    return { rows: shape[0] as number, ...this.#sizes([shape.slice(1)]) }
  }

  #sizes(inputs: readonly Shape[]): WindowSizes {
    const image = imageShape(inputs)
    if (image === undefined) throw this.shapeError(imageExpected(), inputs)
    return this.window.sizes(image)
  }
}
