// MaxPool2d.

import { checkOptions } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'
import type { LayerConfig } from './layer.js'
import type { Node } from './node.js'
import { Pool2d } from './pool2d.js'
import type { Pair, WindowOptions } from './window.js'

/**
 * The largest element of each window of each channel: `new MaxPool2d(2)` halves height and width. Padding never wins:
 * it counts as -∞. The gradient goes to the first largest element; overlapping windows add up.
 * (N,C,H,W) → (N,C,OH,OW), sizes as for `Conv2d`. Default stride: the window's size; padding 0.
 */
export class MaxPool2d extends Pool2d {
  constructor(kernel: Pair, options: WindowOptions = {}) {
    checkOptions('MaxPool2d', options, ['stride', 'padding'])
    super(kernel, options)
  }

  static override fromConfig({ kernel, ...options }: LayerConfig): MaxPool2d {
    return new MaxPool2d(kernel as Pair, options)
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const sizes = this.call(x)
    const shape = [sizes.rows, sizes.channels, sizes.outHeight, sizes.outWidth]
    const y = node.empty(shape)
    const argMax = node.empty(shape, 'int32')
    node.kernels.maxPoolForward({ y, argMax, x, ...sizes })
    node.save(argMax)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [argMax] = node.saved as readonly [Tensor]
    const [x] = node.inputs as readonly [Tensor]
    const { rows, channels, height, width, outHeight, outWidth } = this.call(x)
    const dx = node.empty(x.shape)
    node.kernels.maxPoolBackward({ dx, dy, argMax, rows, channels, height, width, outHeight, outWidth })
    return [dx]
  }
}
