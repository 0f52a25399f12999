// SGD: stochastic gradient descent, plain or with momentum.

import { checkOptions, netwrightError, requireFlag } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireFraction, requireNotNegative, requirePositive } from './options.js'

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate, above 0. Default 0.01. */
  readonly lr?: number
  /** Share of the velocity that a step keeps, from 0, below 1. Default 0: no velocity. */
  readonly momentum?: number
  /** Nesterov's momentum: the gradient as if one step ahead; needs a momentum above 0. Default false. */
  readonly nesterov?: boolean
  /** L2 weight decay, from 0; applies to weights and not to biases. Default 0. */
  readonly weightDecay?: number
}

/**
 * With g = gradient + weightDecay · parameter: parameter -= lr · g. With `momentum`, velocity = momentum · velocity + g
 * and parameter -= lr · velocity, or with `nesterov` lr · (g + momentum · velocity). As PyTorch's: the velocity holds no
 * learning rate.
 */
export class SGD extends Optimizer {
  readonly stateCount: number
  readonly stepValues = ['lr'] as const
  readonly lr: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number

  constructor(options: SGDOptions = {}) {
    super()
    checkOptions('SGD', options, ['lr', 'momentum', 'nesterov', 'weightDecay'])
    const { lr = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options
    this.lr = requirePositive('SGD: lr', lr)
    this.momentum = requireFraction('SGD: momentum', momentum)
    this.weightDecay = requireNotNegative('SGD: weightDecay', weightDecay)
    this.nesterov = requireFlag('SGD: nesterov', nesterov)
    if (nesterov && momentum === 0) {
      throw netwrightError('ERR_ARGUMENT', 'SGD: nesterov needs a momentum above 0, such as 0.9', 'RangeError')
    }
    this.stateCount = momentum > 0 ? 1 : 0
  }

  setStepValues(_step: number, set: (name: string, value: number) => void): void {
    set('lr', this.lr)
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    const weightDecay = decay ? this.weightDecay : 0
    const common = { parameters, gradients, n: parameters.size, lr: values.lr as Scalar, weightDecay }
    const { momentum } = this
    if (momentum === 0) kernels.sgdStep(common)
    else kernels.momentumStep({ ...common, velocity: state[0] as Tensor, momentum, nesterov: this.nesterov ? 1 : 0 })
  }
}
