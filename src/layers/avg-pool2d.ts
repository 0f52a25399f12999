// AvgPool2d and GlobalAvgPool2d.

import { checkOptions, requireFlag } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer, type LayerConfig } from './layer.js'
import type { Node } from './node.js'
import { Pool2d } from './pool2d.js'
import { imageExpected, imageShape, type Pair, type WindowOptions, type WindowSizes } from './window.js'

/** Options of {@link AvgPool2d}. */
export interface AvgPool2dOptions extends WindowOptions {
  /** Whether padding counts as zeros (default, as in PyTorch) or not at all. */
  readonly countPadding?: boolean
}

type PoolCall = WindowSizes & { readonly rows: number; readonly countPadding?: number }

function averageForward(node: Node, x: Tensor, sizes: PoolCall, outShape: Shape): readonly Tensor[] {
  const y = node.empty([sizes.rows, ...outShape])
  node.kernels.averagePoolForward({ y, x, ...sizes })
  node.save(x)
  return [y]
}

function averageBackward(node: Node, dy: Tensor, sizes: PoolCall): readonly Tensor[] {
  const [x] = node.saved as readonly [Tensor]
  const dx = node.empty(x.shape)
  node.kernels.averagePoolBackward({ dx, dy, ...sizes })
  return [dx]
}

/** The mean of each window of each channel: (N,C,H,W) → (N,C,OH,OW). Default stride: the window's size; padding 0. */
export class AvgPool2d extends Pool2d {
  readonly countPadding: boolean

  constructor(kernel: Pair, options: AvgPool2dOptions = {}) {
    checkOptions('AvgPool2d', options, ['stride', 'padding', 'countPadding'])
    super(kernel, options)
    this.countPadding = requireFlag('AvgPool2d: countPadding', options.countPadding ?? true)
  }

  override get config(): LayerConfig {
    return { ...super.config, countPadding: this.countPadding }
  }

  static override fromConfig({ kernel, ...options }: LayerConfig): AvgPool2d {
    return new AvgPool2d(kernel as Pair, options)
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const sizes = this.#call(x)
    return averageForward(node, x, sizes, [sizes.channels, sizes.outHeight, sizes.outWidth])
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return averageBackward(node, dy, this.#call(node.saved[0] as Tensor))
  }

  #call(x: Tensor): WindowSizes & { rows: number; countPadding: number } {
    return { ...this.call(x), countPadding: Number(this.countPadding) }
  }
}

/** The mean of each channel: (N,C,H,W) → (N,C). */
export class GlobalAvgPool2d extends Layer {
  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const image = imageShape(inputs)
    if (image === undefined) throw this.shapeError(imageExpected(), inputs)
    return [[image[0]]]
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    return averageForward(node, x, wholeImage(x), [x.shape[1] as number])
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return averageBackward(node, dy, wholeImage(node.saved[0] as Tensor))
  }
}

/** One window that is all of the image. */
function wholeImage({ shape }: Tensor): PoolCall {
  const [rows, channels, height, width] = shape as [number, number, number, number]
  return {
    rows,
    channels,
    height,
    width,
    kernelHeight: height,
    kernelWidth: width,
    outHeight: 1,
    outWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    padTop: 0,
    padLeft: 0,
  }
}
