// Multi-step decay: a rate that falls at chosen steps.

import { checkOptions, describe, netwrightError, requireWhole } from '../errors.js'
import type { Formula } from './formula.js'
import { requireGamma, requireValue } from './options.js'
import { power } from './power.js'

/** Options of {@link multiStep}. */
export interface MultiStepOptions {
  /** The first value, from 0. */
  readonly from: number
  /** Steps, from 0, from which on the value is multiplied once more; ascending. */
  readonly milestones: readonly number[]
  /** What the value is multiplied by, above 0. Default 0.1. */
  readonly gamma?: number
}

export interface MultiStepSchedule extends MultiStepOptions {
  readonly kind: 'multiStep'
  readonly gamma: number
}

/**
 * from · gamma^m at step t, from 0, where m milestones are at or before t. As PyTorch's MultiStepLR, in steps.
 * Throws ERR_ARGUMENT for options out of range.
 */
export function multiStep(options: MultiStepOptions): MultiStepSchedule {
  checkOptions('multiStep', options, ['from', 'milestones', 'gamma'])
  const { from, milestones, gamma = 0.1 } = options
  if (!Array.isArray(milestones)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `multiStep: milestones is ${describe(milestones)}, expected a list of steps such as [1000, 2000]`,
      'TypeError',
    )
  }
  let least = 1
  for (const [i, milestone] of milestones.entries()) {
    least = requireWhole(`multiStep: milestones[${i}]`, milestone, least) + 1
  }
  return Object.freeze({
    kind: 'multiStep',
    from: requireValue('multiStep: from', from),
    milestones: Object.freeze([...milestones]),
    gamma: requireGamma('multiStep', gamma),
  })
}

export const multiStepFormula: Formula<MultiStepSchedule> = {
  make: multiStep,
  ends: false,
  at: ({ from, milestones, gamma }, t) => {
    let reached = 0
    while (reached < milestones.length && (milestones[reached] as number) <= t) reached++
    return from * power(gamma, reached)
  },
  highest: ({ from, milestones, gamma }) => from * Math.max(1, power(gamma, milestones.length)),
}
