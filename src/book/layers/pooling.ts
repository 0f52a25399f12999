// Max pooling, chapter 7.4.4.

import { netwrightError, requireWhole } from '../../errors.js'
import type { TensorLike } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import { gradientLike, kept, kernelsOf, toFloat } from '../array.js'
import type { BookLayer } from './layer.js'
import { type WindowPass, windowOf } from './window.js'

/**
 * The largest element of each window, channel by channel: (N, C, H, W) → (N, C, OH, OW), one image (C, H, W) →
 * (C, OH, OW) (rows 42, 43 and 46).
 * OH = (H + 2·pad - poolH) / stride + 1, rounded down. The stride is 1 unless given, as in the book; the usual choice
 * is the window's size. `pad` is below poolH and poolW, and padding never wins, negative as the elements may be.
 */
export class Pooling implements BookLayer {
  readonly params = []
  readonly grads = []
  readonly poolH: number
  readonly poolW: number
  readonly stride: number
  readonly pad: number
  #kept: { readonly y: Tensor; readonly argMax: Tensor; readonly x: Tensor; readonly window: WindowPass } | undefined

  constructor(poolH: number, poolW: number, stride = 1, pad = 0) {
    requireWhole('Pooling: poolH', poolH)
    requireWhole('Pooling: poolW', poolW)
    requireWhole('Pooling: stride', stride)
    requireWhole('Pooling: pad', pad, 0)
    if (pad >= poolH || pad >= poolW) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Pooling: pad is ${pad}, expected less than the window, ${poolH} by ${poolW}: one of padding alone has no maximum`,
        'RangeError',
      )
    }
    this.poolH = poolH
    this.poolW = poolW
    this.stride = stride
    this.pad = pad
  }

  forward(x: TensorLike): Tensor {
    const images = toFloat(x)
    const window = windowOf('Pooling.forward', images.shape, [this.poolH, this.poolW], this.stride, this.pad)
    const kernels = kernelsOf(images)
    const y = kernels.empty([...images.shape.slice(0, -2), window.outHeight, window.outWidth])
    const argMax = kernels.empty(y.shape, 'int32')
    kernels.maxPoolForward({ y, argMax, x: images, ...window })
    this.#kept = { y, argMax, x: images, window }
    return y
  }

  /** dout at the places of the maxima, 0 elsewhere; where windows overlap, gradients add up. */
  backward(dout: TensorLike): Tensor {
    const { y, argMax, x, window } = kept('Pooling', this.#kept)
    const dy = gradientLike('Pooling', dout, y)
    const { rows, channels, height, width, outHeight, outWidth } = window
    const kernels = kernelsOf(x)
    const dx = kernels.empty(x.shape)
    kernels.maxPoolBackward({ dx, dy, argMax, rows, channels, height, width, outHeight, outWidth })
    return dx
  }
}
