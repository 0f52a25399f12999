// Convolution, chapter 7.4.3.

import { netwrightError } from '../../errors.js'
import type { TensorLike } from '../../tensor/create.js'
import { shapeText } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import { type Dtype, gradientLike, kept, kernelsOf, requireShape, toFloat, zerosLike } from '../array.js'
import type { BookLayer } from './layer.js'
import { type WindowPass, windowOf } from './window.js'

/** The weight gradient is summed in at most this many groups of samples, always the same, so that its bits are too. */
const maximumGroups = 8

/**
 * (N, C, H, W) → (N, FN, OH, OW), a window at each place of each image times each of the filters W (FN, C, FH, FW),
 * plus its bias b (FN); one image (C, H, W) → (FN, OH, OW) (rows 38, 39 and 45). OH = (H + 2·pad - FH) / stride + 1, rounded down. Computes in W's float
 * type. The kernels gather the windows while they multiply; im2col and col2im are there to be looked at.
 */
export class Convolution implements BookLayer {
  readonly params: readonly [W: Tensor, b: Tensor]
  readonly grads: readonly [dW: Tensor, db: Tensor]
  readonly stride: number
  readonly pad: number
  #kept: { readonly x: Tensor; readonly window: WindowPass } | undefined

  constructor(W: TensorLike, b: TensorLike, stride = 1, pad = 0) {
    const weight = toFloat(W)
    const bias = toReal(b, weight.element as Dtype)
    if (weight.rank !== 4) {
      throw netwrightError(
        'ERR_SHAPE',
        `Convolution: W has shape ${shapeText(weight.shape)}, expected (filters, channels, height, width)`,
        'RangeError',
      )
    }
    requireShape('Convolution: b', bias.shape, [weight.shape[0] as number])
    this.params = [weight, bias]
    this.grads = [zerosLike(weight), zerosLike(bias)]
    this.stride = stride
    this.pad = pad
  }

  get W(): Tensor {
    return this.params[0]
  }
  get b(): Tensor {
    return this.params[1]
  }
  get dW(): Tensor {
    return this.grads[0]
  }
  get db(): Tensor {
    return this.grads[1]
  }

  forward(x: TensorLike): Tensor {
    const images = toReal(x, this.W.element as Dtype)
    const [filters, channels, filterH, filterW] = this.W.shape as readonly [number, number, number, number]
    const window = windowOf('Convolution.forward', images.shape, [filterH, filterW], this.stride, this.pad)
    if (window.channels !== channels) {
      throw netwrightError(
        'ERR_SHAPE',
        `Convolution.forward: x has shape ${shapeText(images.shape)}, expected ${channels} channels, as W has shape ` +
          shapeText(this.W.shape),
        'RangeError',
      )
    }
    this.#kept = { x: images, window }
    const kernels = kernelsOf(images)
    const y = kernels.empty([...images.shape.slice(0, -3), filters, window.outHeight, window.outWidth])
    kernels.conv2dForward({ y, x: images, weight: this.W, bias: this.b, ...window, filters })
    return y
  }

  /** The gradient of x; writes dW (FN, C, FH, FW) and db (FN). */
  backward(dout: TensorLike): Tensor {
    const { x, window } = kept('Convolution', this.#kept)
    const { rows, outHeight, outWidth } = window
    const [filters] = this.W.shape as readonly [number]
    const shape = [...x.shape.slice(0, -3), filters, outHeight, outWidth]
    const dy = gradientLike('Convolution', dout, { shape, element: x.element })
    const kernels = kernelsOf(x)
    const groups = Math.max(1, Math.min(maximumGroups, rows))
    const sums = kernels.empty([groups, filters])
    kernels.sumChannels({ sums, x: dy, rows, channels: filters, places: outHeight * outWidth, groups })
    kernels.sumRows({ sums: this.db, x: sums, rows: groups, cols: filters })
    const partials = kernels.empty([groups, ...this.W.shape])
    kernels.conv2dWeightGradient({ partials, dy, x, ...window, filters, groups })
    kernels.sumRows({ sums: this.dW, x: partials, rows: groups, cols: this.dW.size })
    const dx = kernels.empty(x.shape)
    kernels.conv2dInputGradient({ dx, dy, weight: this.W, ...window, filters })
    return dx
  }
}
