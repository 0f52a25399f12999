// BatchNorm: batch normalisation of features or of image channels.

import { checkOptions, requireFlag, requireNumber, requireWhole } from '../errors.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor } from '../tensor/tensor.js'
import { type BuildContext, Layer, type LayerConfig } from './layer.js'
import type { Node } from './node.js'
import { Parameter } from './parameter.js'
import { StateTensor } from './state-tensor.js'

/** Options of {@link BatchNorm}; names and defaults are PyTorch's. */
export interface BatchNormOptions {
  /** Added to the variance, above 0. Default 1e-5. */
  readonly eps?: number
  /** Weight of the newest batch in the running statistics, 0 to 1. Default 0.1. (Keras' momentum is 1 minus this.) */
  readonly momentum?: number
  /** Whether there are a weight and a bias for each channel. Default true. */
  readonly affine?: boolean
}

/**
 * y = (x - mean) / √(variance + eps) · weight + bias, for each channel (Ioffe and Szegedy 2015). In training, mean and
 * variance are the batch's, over samples and places; in evaluation and prediction they are the running ones, which
 * each training step moves towards the batch's; a batch of a single number for each channel has no variance and moves
 * nothing. (N,C) or (N,C,H,W), any places after C. Frozen, it normalises by the running statistics in training too, and
 * leaves them as they are, as in Keras; PyTorch's, whose parameters alone are frozen, goes on by the batch's and moves
 * them.
 *
 * `new BatchNorm()` infers the channels, `new BatchNorm(32)` says them.
 * Parameters: `weight` (C), begins at 1; `bias` (C), at 0; neither decays. Buffers: `running_mean` (0), `running_var` (1,
 * of variances divided by n - 1, as in PyTorch).
 */
export class BatchNorm extends Layer {
  readonly features: number | undefined
  readonly eps: number
  readonly momentum: number
  readonly affine: boolean

  constructor(features?: number, options?: BatchNormOptions)
  constructor(options?: BatchNormOptions)
  constructor(first?: number | BatchNormOptions, second?: BatchNormOptions) {
    super()
    const options = (typeof first === 'object' ? first : second) ?? {}
    checkOptions('BatchNorm', options, ['eps', 'momentum', 'affine'])
    const { eps = 1e-5, momentum = 0.1, affine = true } = options
    this.features =
      typeof first === 'object' || first === undefined ? undefined : requireWhole('BatchNorm: features', first)
    this.eps = requireNumber('BatchNorm: eps', eps, 'a finite number above 0', (value) => value > 0)
    const isShare = (value: number): boolean => value >= 0 && value <= 1
    this.momentum = requireNumber('BatchNorm: momentum', momentum, 'a number from 0 to 1', isShare)
    this.affine = requireFlag('BatchNorm: affine', affine)
  }

  override get config(): LayerConfig {
    const { features, eps, momentum, affine } = this
    return { features, eps, momentum, affine }
  }

  static override fromConfig({ features, ...options }: LayerConfig): BatchNorm {
    return new BatchNorm(features as number | undefined, options)
  }

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    const channels = shape?.[0]
    if (
      inputs.length !== 1 ||
      shape === undefined ||
      channels === undefined ||
      channels !== (this.features ?? channels)
    ) {
      throw this.shapeError(`one input of shape (${this.features ?? 'C'},) or (${this.features ?? 'C'}, …)`, inputs)
    }
    return [shape]
  }

  protected override build([shape]: readonly Shape[], { real, beforeLoading }: BuildContext): void {
    const channels = shape?.[0] as number
    beforeLoading?.([channels])
    const filled = (value: number): Tensor => new Tensor(new arrayTypes[real](channels).fill(value), [channels])
    if (this.affine) {
      this.parameters.push(new Parameter('weight', filled(1), { decay: false }))
      this.parameters.push(new Parameter('bias', filled(0), { decay: false }))
    }
    this.buffers.push(new StateTensor('running_mean', filled(0)), new StateTensor('running_var', filled(1)))
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const { kernels } = node
    const { rows, channels, places } = sizes(x)
    const [runningMean, runningVariance] = this.buffers.map(({ value }) => value) as [Tensor, Tensor]
    const [scale, shift] = this.parameters.map(({ value }) => value)
    const y = node.empty(x.shape)
    const common = { y, x, scale, shift, rows, channels, places, epsilon: this.eps }
    if (!node.training || this.frozen) {
      if (node.training) node.save(x)
      kernels.batchNormEvaluate({ ...common, mean: runningMean, variance: runningVariance })
      return [y]
    }
    const mean = node.empty([channels])
    const variance = node.empty([channels])
    kernels.batchNormForward({ ...common, mean, variance })
    // Where it overflows, y is finite again, and only the running statistics would ever show it.
    kernels.checkFinite({ x: variance, n: channels })
    node.save(x, mean, variance)
    const { momentum } = this
    const count = rows * places
    node.pass.atCommit(() =>
      kernels.batchNormUpdate({ runningMean, runningVariance, mean, variance, channels, count, momentum }),
    )
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [x, mean, variance] = node.saved as readonly [Tensor, Tensor?, Tensor?]
    if (mean === undefined || variance === undefined) return [this.#scaleByRunningVariance(node, dy)]
    const { rows, channels, places } = sizes(x)
    const [weight, bias] = this.parameters
    const dx = node.empty(x.shape)
    // The weight's and the bias' gradients are written together, so one answer is right for both.
    const beta = weight === undefined ? 0 : node.pass.gradientBeta(weight)
    node.kernels.batchNormBackward({
      dx,
      dScale: weight?.gradient ?? node.empty([channels]),
      dShift: bias?.gradient ?? node.empty([channels]),
      dy,
      x,
      mean,
      variance,
      scale: weight?.value,
      rows,
      channels,
      places,
      epsilon: this.eps,
      beta,
    })
    return [dx]
  }

  /** The gradient of a frozen layer's input: y follows x by the same factors as in evaluation. */
  #scaleByRunningVariance(node: Node, dy: Tensor): Tensor {
    const { rows, channels, places } = sizes(dy)
    const variance = this.buffers[1]?.value as Tensor
    const [dx, mean] = [node.empty(dy.shape), node.empty([channels])]
    node.kernels.fill({ y: mean, n: channels, value: 0 })
    const scale = this.parameters[0]?.value
    node.kernels.batchNormEvaluate({
      y: dx,
      x: dy,
      mean,
      variance,
      scale,
      rows,
      channels,
      places,
      epsilon: this.eps,
    })
    return dx
  }
}

function sizes({ shape }: Tensor): { rows: number; channels: number; places: number } {
  const [rows, channels, ...rest] = shape as [number, number, ...number[]]
  return { rows, channels, places: sizeOf(rest) }
}
