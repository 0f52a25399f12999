// Exponential decay: a rate that falls by the same factor again and again.

import { checkOptions, requireWhole } from '../errors.js'
import type { Formula } from './formula.js'
import { requireGamma, requireValue } from './options.js'
import { power } from './power.js'

/** Options of {@link exponential}. */
export interface ExponentialOptions {
  /** The first value, from 0. */
  readonly from: number
  /** What the value is multiplied by in `every` steps, above 0. Above 1 it grows. */
  readonly gamma: number
  /** Default 1. */
  readonly every?: number
}

export interface ExponentialSchedule extends ExponentialOptions {
  readonly kind: 'exponential'
  readonly every: number
}

/**
 * from · gamma^(t / every) at step t, from 0: smooth, where {@link step} has stairs. `every` 1 is PyTorch's
 * ExponentialLR; Keras' ExponentialDecay calls gamma decay_rate, `every` decay_steps.
 * Throws ERR_ARGUMENT for options out of range.
 */
export function exponential(options: ExponentialOptions): ExponentialSchedule {
  checkOptions('exponential', options, ['from', 'gamma', 'every'])
  const { from, gamma, every = 1 } = options
  return Object.freeze({
    kind: 'exponential',
    from: requireValue('exponential: from', from),
    gamma: requireGamma('exponential', gamma),
    every: requireWhole('exponential: every', every),
  })
}

export const exponentialFormula: Formula<ExponentialSchedule> = {
  make: exponential,
  ends: false,
  at: ({ from, gamma, every }, t) => from * power(gamma, t / every),
  highest: ({ from, gamma }) => (gamma > 1 ? Number.MAX_VALUE : from),
}
