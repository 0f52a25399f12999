// SGD: stochastic gradient descent, plain or with momentum.

import { checkOptions, netwrightError, requireFlag } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { type Run, type Schedule, valueAt } from '../schedules/schedule.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireMomentum, requireNotNegative, requireRate } from './options.js'

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate, above 0, or its schedule. Default 0.01. */
  readonly lr?: number | Schedule
  /** Share of the velocity that a step keeps, from 0, below 1, or its schedule. Default 0: no velocity. */
  readonly momentum?: number | Schedule
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
  readonly stepValues: readonly string[]
  readonly lr: number | Schedule
  readonly momentum: number | Schedule
  readonly nesterov: boolean
  readonly weightDecay: number

  constructor(options: SGDOptions = {}) {
    super()
    checkOptions('SGD', options, ['lr', 'momentum', 'nesterov', 'weightDecay'])
    const { lr = 0.01, momentum = 0, nesterov = false, weightDecay = 0 } = options
    this.lr = requireRate('SGD: lr', lr)
    this.momentum = requireMomentum('SGD: momentum', momentum)
    this.weightDecay = requireNotNegative('SGD: weightDecay', weightDecay)
    this.nesterov = requireFlag('SGD: nesterov', nesterov)
    if (nesterov && momentum === 0) {
      throw netwrightError('ERR_ARGUMENT', 'SGD: nesterov needs a momentum above 0, such as 0.9', 'RangeError')
    }
    this.stateCount = momentum === 0 ? 0 : 1
    this.stepValues = momentum === 0 ? ['lr'] : ['lr', 'momentum']
  }

  setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void {
    set('lr', valueAt(this.lr, step, run))
    if (this.momentum !== 0) set('momentum', valueAt(this.momentum, step, run))
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    const weightDecay = decay ? this.weightDecay : 0
    const common = { parameters, gradients, n: parameters.size, lr: values.lr as Scalar, weightDecay }
    if (this.momentum === 0) kernels.sgdStep(common)
    else {
      kernels.momentumStep({
        ...common,
        velocity: state[0] as Tensor,
        momentum: values.momentum as Scalar,
        nesterov: this.nesterov ? 1 : 0,
      })
    }
  }
}
