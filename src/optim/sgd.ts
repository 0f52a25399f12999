// SGD: plain stochastic gradient descent.

import { describe, netwrightError } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { Optimizer, type ParameterRange } from './optimizer.js'

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate, above 0. Default 0.01. */
  readonly lr?: number
  /** L2 weight decay, from 0; applies to weights and not to biases. Default 0. */
  readonly weightDecay?: number
}

/** parameter -= lr · (gradient + weightDecay · parameter). */
export class SGD extends Optimizer {
  readonly stateCount = 0
  readonly stepValues = ['lr'] as const
  readonly lr: number
  readonly weightDecay: number

  constructor({ lr = 0.01, weightDecay = 0 }: SGDOptions = {}) {
    super()
    this.lr = requireFinite('lr', lr)
    this.weightDecay = requireFinite('weightDecay', weightDecay)
    if (lr <= 0) throw netwrightError('ERR_ARGUMENT', `SGD: lr is ${lr}, expected a number above 0`, 'RangeError')
  }

  stepRow(): Readonly<Record<string, number>> {
    return { lr: this.lr }
  }

  apply(kernels: Kernels, range: ParameterRange, { lr }: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, decay } = range
    const weightDecay = decay ? this.weightDecay : 0
    kernels.sgdStep({ parameters, gradients, n: parameters.size, lr: lr as Scalar, weightDecay })
  }
}

function requireFinite(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw netwrightError(
    'ERR_ARGUMENT',
    `SGD: ${name} is ${describe(value)}, expected a finite number from 0`,
    'RangeError',
  )
}
