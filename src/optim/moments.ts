// What Adam and AdamW share: two moments of the gradients, and the correction of their start at 0. They differ in what
// weight decay does.

import { checkOptions, describe, netwrightError } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireFraction, requireNotNegative, requirePositive } from './options.js'
import { RunningPower } from './running-power.js'

/** Options of Adam and AdamW. */
export interface MomentOptions {
  /** Learning rate, above 0. Default 0.001. */
  readonly lr?: number
  /** Shares of the mean and of the squares that a step keeps, each from 0, below 1. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the corrected root, above 0. Default 1e-8. */
  readonly eps?: number
  /** Weight decay, from 0; applies to weights and not to biases. */
  readonly weightDecay?: number
}

/** What weight decay becomes in a step: part of the gradient, or a shrinking of the parameter. */
export interface Decay {
  readonly weightDecay: number
  readonly shrink: Scalar
}

export abstract class Moments extends Optimizer {
  readonly stateCount = 2
  readonly lr: number
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly weightDecay: number
  readonly #powers: readonly [RunningPower, RunningPower]

  constructor(where: string, options: MomentOptions, defaultDecay: number) {
    super()
    checkOptions(where, options, ['lr', 'betas', 'eps', 'weightDecay'])
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = defaultDecay } = options
    if (!Array.isArray(betas) || betas.length !== 2) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${where}: betas is ${describe(betas)}, expected two numbers such as [0.9, 0.999]`,
        'TypeError',
      )
    }
    this.lr = requirePositive(`${where}: lr`, lr)
    const [beta1, beta2] = betas
    this.betas = [requireFraction(`${where}: betas[0]`, beta1), requireFraction(`${where}: betas[1]`, beta2)]
    this.eps = requirePositive(`${where}: eps`, eps)
    this.weightDecay = requireNotNegative(`${where}: weightDecay`, weightDecay)
    this.#powers = [new RunningPower(beta1), new RunningPower(beta2)]
  }

  /** What decay does to parameters that decay. */
  protected abstract decayOf(values: Readonly<Record<string, Scalar>>): Decay

  setStepValues(step: number, set: (name: string, value: number) => void): void {
    const [power1, power2] = this.#powers
    set('lr', this.lr / (1 - power1.at(step)))
    set('rootScale', 1 / Math.sqrt(1 - power2.at(step)))
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    const [beta1, beta2] = this.betas
    kernels.adamStep({
      parameters,
      mean: state[0] as Tensor,
      squares: state[1] as Tensor,
      gradients,
      n: parameters.size,
      lr: values.lr as Scalar,
      beta1,
      beta2,
      rootScale: values.rootScale as Scalar,
      epsilon: this.eps,
      ...(decay ? this.decayOf(values) : { weightDecay: 0, shrink: 0 }),
    })
  }
}
