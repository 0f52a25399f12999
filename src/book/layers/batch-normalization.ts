// Batch normalisation, chapter 6.3.

import { checkOptions, netwrightError, requireNumber } from '../../errors.js'
import type { TensorLike } from '../../tensor/create.js'
import { shapeText, sizeOf } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import { type Dtype, gradientLike, kept, kernelsOf, requireShape, toFloat, zerosLike } from '../array.js'
import type { BookLayer } from './layer.js'

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationOptions {
  /** Weight of the OLD value in the running statistics, from 0 to 1; as in Keras, PyTorch's is 1 minus it. Default 0.9. */
  readonly momentum?: number
  /** Where the running statistics begin, (C); copied. Default: mean 0, variance 1. */
  readonly runningMean?: TensorLike
  readonly runningVar?: TensorLike
}

/** The book writes 10e-7; the library's own BatchNorm has 1e-5. */
const epsilon = 1e-6

/**
 * y = gamma · (x - μ) / √(σ² + 1e-6) + beta (row 35). x: (N, C), or (N, C, H, W) with statistics per channel; gamma and
 * beta (C). In training μ and σ² are the batch's, and move the running statistics; in evaluation those are used.
 *
 * Three things differ from the notes' code: images have statistics per channel and not per pixel; the running variance
 * begins at 1 and not at 0; and it takes in the unbiased variance, Σ (x - μ)² / (M - 1), where M counts the elements of
 * a channel, as PyTorch's does. Normalisation itself divides by M, as the book's.
 */
export class BatchNormalization implements BookLayer {
  readonly params: readonly [gamma: Tensor, beta: Tensor]
  readonly grads: readonly [dgamma: Tensor, dbeta: Tensor]
  readonly momentum: number
  readonly runningMean: Tensor
  readonly runningVar: Tensor
  #kept: { readonly x: Tensor; readonly mean: Tensor; readonly variance: Tensor } | undefined

  constructor(gamma: TensorLike, beta: TensorLike, options: BatchNormalizationOptions = {}) {
    checkOptions('BatchNormalization', options, ['momentum', 'runningMean', 'runningVar'])
    const { momentum = 0.9 } = options
    const scale = toFloat(gamma)
    const real = scale.element as Dtype
    if (scale.rank !== 1) {
      throw netwrightError(
        'ERR_SHAPE',
        `BatchNormalization: gamma has shape ${shapeText(scale.shape)}, expected one number a channel (C,)`,
        'RangeError',
      )
    }
    const statistics = (name: string, given: TensorLike | undefined, value: number): Tensor => {
      const result = zerosLike(scale)
      if (given === undefined) {
        result.data.fill(value)
        return result
      }
      const source = toReal(given, real)
      requireShape(`BatchNormalization: ${name}`, source.shape, scale.shape)
      result.data.set(source.data)
      return result
    }
    const shift = toReal(beta, real)
    requireShape('BatchNormalization: beta', shift.shape, scale.shape)
    this.params = [scale, shift]
    this.grads = [zerosLike(scale), zerosLike(shift)]
    const isShare = (value: number): boolean => value >= 0 && value <= 1
    this.momentum = requireNumber('BatchNormalization: momentum', momentum, 'a number from 0 to 1', isShare)
    this.runningMean = statistics('runningMean', options.runningMean, 0)
    this.runningVar = statistics('runningVar', options.runningVar, 1)
  }

  get gamma(): Tensor {
    return this.params[0]
  }
  get beta(): Tensor {
    return this.params[1]
  }
  get dgamma(): Tensor {
    return this.grads[0]
  }
  get dbeta(): Tensor {
    return this.grads[1]
  }

  forward(x: TensorLike, trainFlg = true): Tensor {
    const values = toReal(x, this.gamma.element as Dtype)
    const [rows, channels, places] = this.#sizes(values)
    const [scale, shift] = this.params
    const kernels = kernelsOf(values)
    const y = kernels.empty(values.shape)
    const common = { y, x: values, scale, shift, rows, channels, places, epsilon }
    if (!trainFlg) {
      kernels.batchNormEvaluate({ ...common, mean: this.runningMean, variance: this.runningVar })
      return y
    }
    const mean = kernels.empty([channels])
    const variance = kernels.empty([channels])
    kernels.batchNormForward({ ...common, mean, variance })
    kernels.batchNormUpdate({
      runningMean: this.runningMean,
      runningVariance: this.runningVar,
      mean,
      variance,
      channels,
      count: rows * places,
      momentum: 1 - this.momentum,
    })
    this.#kept = { x: values, mean, variance }
    return y
  }

  /** The gradient of the last x in training, through the batch's statistics; writes dgamma and dbeta. */
  backward(dout: TensorLike): Tensor {
    const { x, mean, variance } = kept('BatchNormalization', this.#kept, 'forward() in training')
    const [rows, channels, places] = this.#sizes(x)
    const dy = gradientLike('BatchNormalization', dout, x)
    const kernels = kernelsOf(x)
    const dx = kernels.empty(x.shape)
    const [dScale, dShift] = this.grads
    kernels.batchNormBackward({
      dx,
      dScale,
      dShift,
      dy,
      x,
      mean,
      variance,
      scale: this.gamma,
      rows,
      channels,
      places,
      epsilon,
    })
    return dx
  }

  #sizes({ rank, shape }: Tensor): readonly [rows: number, channels: number, places: number] {
    const [rows, channels, ...rest] = shape
    if (rank >= 2 && channels === this.gamma.size) return [rows as number, channels, sizeOf(rest)]
    throw netwrightError(
      'ERR_SHAPE',
      `BatchNormalization.forward: x has shape ${shapeText(shape)}, expected (N, ${this.gamma.size}, …), as gamma has ` +
        `shape ${shapeText(this.gamma.shape)}`,
      'RangeError',
    )
  }
}
