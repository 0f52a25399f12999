// What Adam and AdamW share: two moments of the gradients, and the correction of their start at 0. They differ in what
// weight decay does.

import { checkOptions, describe, netwrightError } from '../errors.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import { power } from '../schedules/power.js'
import { type Run, type Schedule, valueAt } from '../schedules/schedule.js'
import type { Tensor } from '../tensor/tensor.js'
import { Optimizer, type ParameterRange } from './optimizer.js'
import { requireFraction, requireMomentum, requireNotNegative, requirePositive, requireRate } from './options.js'
import { RunningPower } from './running-power.js'

/** Options of Adam and AdamW. */
export interface MomentOptions {
  /** Learning rate, above 0, or its schedule. Default 0.001. */
  readonly lr?: number | Schedule
  /**
   * Shares of the mean and of the squares that a step keeps, each from 0, below 1. The first may be a schedule.
   * Default [0.9, 0.999].
   */
  readonly betas?: readonly [number | Schedule, number]
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
  readonly lr: number | Schedule
  readonly betas: readonly [number | Schedule, number]
  readonly eps: number
  readonly weightDecay: number
  /** βᵗ of those that are the same at every step. */
  readonly #powers: readonly [RunningPower | undefined, RunningPower]

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
    this.lr = requireRate(`${where}: lr`, lr)
    const [beta1, beta2] = betas
    this.betas = [requireMomentum(`${where}: betas[0]`, beta1), requireFraction(`${where}: betas[1]`, beta2)]
    this.eps = requirePositive(`${where}: eps`, eps)
    this.weightDecay = requireNotNegative(`${where}: weightDecay`, weightDecay)
    this.#powers = [typeof beta1 === 'number' ? new RunningPower(beta1) : undefined, new RunningPower(beta2)]
  }

  /** What decay does to parameters that decay. */
  protected abstract decayOf(values: Readonly<Record<string, Scalar>>): Decay

  setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void {
    const [power1, power2] = this.#powers
    const beta1 = valueAt(this.betas[0], step, run)
    // As PyTorch: where β1 changes, the correction is that of the present one, as if it had been so from the beginning.
    set('lr', valueAt(this.lr, step, run) / (1 - (power1?.at(step) ?? power(beta1, step))))
    set('beta1', beta1)
    set('rootScale', 1 / Math.sqrt(1 - power2.at(step)))
  }

  apply(kernels: Kernels, range: ParameterRange, values: Readonly<Record<string, Scalar>>): void {
    const { value: parameters, gradient: gradients, state, decay } = range
    kernels.adamStep({
      parameters,
      mean: state[0] as Tensor,
      squares: state[1] as Tensor,
      gradients,
      n: parameters.size,
      lr: values.lr as Scalar,
      beta1: values.beta1 as Scalar,
      beta2: this.betas[1],
      rootScale: values.rootScale as Scalar,
      epsilon: this.eps,
      ...(decay ? this.decayOf(values) : { weightDecay: 0, shrink: 0 }),
    })
  }
}
