// Cosine annealing with warm restarts: cycle after cycle, each beginning at the top.

import { checkOptions, requireWhole } from '../errors.js'
import { between } from './between.js'
import { cosineShare } from './cosine-share.js'
import type { Formula } from './formula.js'
import { requireValue } from './options.js'

/** Options of {@link cosineRestarts}. */
export interface CosineRestartsOptions {
  /** The value at the beginning of every cycle, from 0. */
  readonly from: number
  /** Steps of the first cycle. */
  readonly cycle: number
  /** How many times as long as the one before each cycle is, a whole number. Default 1. */
  readonly multiplier?: number
  /** The value that a cycle goes to, from 0. Default 0. */
  readonly to?: number
}

export interface CosineRestartsSchedule extends CosineRestartsOptions {
  readonly kind: 'cosineRestarts'
  readonly multiplier: number
  readonly to: number
}

/**
 * to + (from - to) · (1 + cos(π t / T)) / 2 at step t, from 0, of a cycle of T steps (SGDR, Loshchilov and Hutter 2017).
 * As PyTorch's CosineAnnealingWarmRestarts: `cycle` is T_0, `multiplier` T_mult, `to` eta_min.
 * Throws ERR_ARGUMENT for options out of range.
 */
export function cosineRestarts(options: CosineRestartsOptions): CosineRestartsSchedule {
  checkOptions('cosineRestarts', options, ['from', 'cycle', 'multiplier', 'to'])
  const { from, cycle, multiplier = 1, to = 0 } = options
  return Object.freeze({
    kind: 'cosineRestarts',
    from: requireValue('cosineRestarts: from', from),
    cycle: requireWhole('cosineRestarts: cycle', cycle),
    multiplier: requireWhole('cosineRestarts: multiplier', multiplier),
    to: requireValue('cosineRestarts: to', to),
  })
}

export const cosineRestartsFormula: Formula<CosineRestartsSchedule> = {
  make: cosineRestarts,
  ends: false,
  at: ({ from, to, cycle, multiplier }, step) => {
    let length = cycle
    let t = multiplier === 1 ? step % cycle : step
    while (t >= length) {
      t -= length
      length *= multiplier
    }
    return between(from, to, cosineShare(t / length))
  },
  highest: ({ from, to }) => Math.max(from, to),
}
