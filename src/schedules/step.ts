// Step decay: a rate that falls at regular intervals.

import { checkOptions, requireWhole } from '../errors.js'
import type { Formula } from './formula.js'
import { requireGamma, requireValue } from './options.js'
import { power } from './power.js'

/** Options of {@link step}. */
export interface StepOptions {
  /** The first value, from 0. */
  readonly from: number
  /** Steps from one change to the next. */
  readonly every: number
  /** What the value is multiplied by, above 0. Default 0.1. */
  readonly gamma?: number
}

export interface StepSchedule extends StepOptions {
  readonly kind: 'step'
  readonly gamma: number
}

/**
 * from · gamma^⌊t / every⌋ at step t, from 0. PyTorch's StepLR counts epochs where it is stepped once an epoch: here
 * `every` is epochs · steps per epoch. Throws ERR_ARGUMENT for options out of range.
 */
export function step(options: StepOptions): StepSchedule {
  checkOptions('step', options, ['from', 'every', 'gamma'])
  const { from, every, gamma = 0.1 } = options
  return Object.freeze({
    kind: 'step',
    from: requireValue('step: from', from),
    every: requireWhole('step: every', every),
    gamma: requireGamma('step', gamma),
  })
}

export const stepFormula: Formula<StepSchedule> = {
  make: step,
  ends: false,
  at: ({ from, every, gamma }, t) => from * power(gamma, Math.floor(t / every)),
  highest: ({ from, gamma }) => (gamma > 1 ? Number.MAX_VALUE : from),
}
