// Adagrad: a rate for each parameter that falls with all its gradients so far.

import { checkOptions } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { type Run, type Schedule, valueAt } from '../schedules/schedule.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireNotNegative, requirePositive, requireRate } from './options.js'

/** Options of {@link Adagrad}. */
export interface AdagradOptions {
  /** Learning rate, above 0, or its schedule. Default 0.01. */
  readonly lr?: number | Schedule
  /** Added to the root, above 0. Default 1e-10. */
  readonly eps?: number
  /** L2 weight decay, from 0; applies to weights and not to biases. Default 0. */
  readonly weightDecay?: number
}

/**
 * With g = gradient + weightDecay · parameter: squares += g², parameter -= lr · g / (√squares + eps). As PyTorch's,
 * without its decay of lr (Duchi, Hazan and Singer 2011).
 */
export class Adagrad extends Optimizer {
  readonly stateCount = 1
  readonly stepValues = ['lr'] as const
  readonly lr: number | Schedule
  readonly eps: number
  readonly weightDecay: number

  constructor(options: AdagradOptions = {}) {
    super()
    checkOptions('Adagrad', options, ['lr', 'eps', 'weightDecay'])
    const { lr = 0.01, eps = 1e-10, weightDecay = 0 } = options
    this.lr = requireRate('Adagrad: lr', lr)
    this.eps = requirePositive('Adagrad: eps', eps)
    this.weightDecay = requireNotNegative('Adagrad: weightDecay', weightDecay)
  }

  setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void {
    set('lr', valueAt(this.lr, step, run))
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    kernels.adagradStep({
      parameters,
      squares: state[0] as Tensor,
      gradients,
      n: parameters.size,
      lr: values.lr as Scalar,
      epsilon: this.eps,
      weightDecay: decay ? this.weightDecay : 0,
    })
  }
}
