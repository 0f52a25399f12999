// RMSprop: a rate for each parameter that follows the size of its recent gradients.

import { checkOptions } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { type Run, type Schedule, valueAt } from '../schedules/schedule.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireFraction, requireNotNegative, requirePositive, requireRate } from './options.js'

/** Options of {@link RMSprop}. */
export interface RMSpropOptions {
  /** Learning rate, above 0, or its schedule. Default 0.01. */
  readonly lr?: number | Schedule
  /** Share of the squares that a step keeps, from 0, below 1. Default 0.99. */
  readonly alpha?: number
  /** Added to the root, above 0. Default 1e-8. */
  readonly eps?: number
  /** L2 weight decay, from 0; applies to weights and not to biases. Default 0. */
  readonly weightDecay?: number
}

/**
 * With g = gradient + weightDecay · parameter: squares = alpha · squares + (1 - alpha) · g², parameter -= lr · g /
 * (√squares + eps). As PyTorch's, neither centred nor with momentum (Tieleman and Hinton 2012).
 */
export class RMSprop extends Optimizer {
  readonly stateCount = 1
  readonly stepValues = ['lr'] as const
  readonly lr: number | Schedule
  readonly alpha: number
  readonly eps: number
  readonly weightDecay: number

  constructor(options: RMSpropOptions = {}) {
    super()
    checkOptions('RMSprop', options, ['lr', 'alpha', 'eps', 'weightDecay'])
    const { lr = 0.01, alpha = 0.99, eps = 1e-8, weightDecay = 0 } = options
    this.lr = requireRate('RMSprop: lr', lr)
    this.alpha = requireFraction('RMSprop: alpha', alpha)
    this.eps = requirePositive('RMSprop: eps', eps)
    this.weightDecay = requireNotNegative('RMSprop: weightDecay', weightDecay)
  }

  setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void {
    set('lr', valueAt(this.lr, step, run))
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    kernels.rmspropStep({
      parameters,
      squares: state[0] as Tensor,
      gradients,
      n: parameters.size,
      lr: values.lr as Scalar,
      alpha: this.alpha,
      epsilon: this.eps,
      weightDecay: decay ? this.weightDecay : 0,
    })
  }
}
