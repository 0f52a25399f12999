// SGD: plain stochastic gradient descent.

import { checkOptions, describe, netwrightError } from '../errors.js'
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

  constructor(options: SGDOptions = {}) {
    super()
    checkOptions('SGD', options, ['lr', 'weightDecay'])
    const { lr = 0.01, weightDecay = 0 } = options
    this.lr = requireNumber('lr', lr, 'a finite number above 0', (value) => value > 0)
    this.weightDecay = requireNumber('weightDecay', weightDecay, 'a finite number from 0', (value) => value >= 0)
  }

  setStepValues(_step: number, set: (name: string, value: number) => void): void {
    set('lr', this.lr)
  }

  apply(kernels: Kernels, range: ParameterRange, { lr }: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, decay } = range
    const weightDecay = decay ? this.weightDecay : 0
    kernels.sgdStep({ parameters, gradients, n: parameters.size, lr: lr as Scalar, weightDecay })
  }
}

function requireNumber(name: string, value: unknown, expected: string, fits: (value: number) => boolean): number {
  if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return value
  throw netwrightError('ERR_ARGUMENT', `SGD: ${name} is ${describe(value)}, expected ${expected}`, 'RangeError')
}
