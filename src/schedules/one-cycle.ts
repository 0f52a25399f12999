// One-cycle: up to a high rate, then down to almost none, in one run.

import { checkOptions, describe, netwrightError, requireNumber } from '../errors.js'
import { between } from './between.js'
import { cosineShare } from './cosine-share.js'
import type { Formula } from './formula.js'
import { type LengthOptions, lengthOf, requireValue } from './options.js'

/** Options of {@link oneCycle}. */
export interface OneCycleOptions extends LengthOptions {
  /** The value at the turn, from 0. */
  readonly max: number
  /** The first value, from 0. Default max / 25; PyTorch's div_factor is max / from. */
  readonly from?: number
  /** The value of the last step, from 0. Default from / 10,000; PyTorch's final_div_factor is from / to. */
  readonly to?: number
  /** Share of the steps spent on the way to `max`, from 0 to 1. Default 0.3. */
  readonly pctStart?: number
  /** The shape of both ways. Default 'cosine'. */
  readonly anneal?: 'cosine' | 'linear'
}

export interface OneCycleSchedule extends OneCycleOptions {
  readonly kind: 'oneCycle'
  readonly from: number
  readonly to: number
  readonly pctStart: number
  readonly anneal: 'cosine' | 'linear'
}

/**
 * The 1cycle policy of Smith and Topin 2018 as PyTorch's OneCycleLR has it, with two phases: from `from` at step 0 to
 * `max` at step pctStart · steps - 1, then to `to` at the last step, steps - 1. Where no step is left for the first
 * phase it begins at `max`.
 *
 * PyTorch's cycles the momentum as well (cycle_momentum): say that by
 * `momentum: oneCycle({ from: 0.95, max: 0.85, to: 0.95 })`, for Adam and AdamW in `betas[0]`.
 * Throws ERR_ARGUMENT for options out of range.
 */
export function oneCycle(options: OneCycleOptions): OneCycleSchedule {
  checkOptions('oneCycle', options, ['max', 'from', 'to', 'pctStart', 'anneal', 'steps'])
  const { max, from = max / 25, to = from / 1e4, pctStart = 0.3, anneal = 'cosine', steps } = options
  if (anneal !== 'cosine' && anneal !== 'linear') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `oneCycle: anneal is ${describe(anneal)}, expected 'cosine' or 'linear'`,
      'RangeError',
    )
  }
  return Object.freeze({
    kind: 'oneCycle',
    max: requireValue('oneCycle: max', max),
    from: requireValue('oneCycle: from', from),
    to: requireValue('oneCycle: to', to),
    pctStart: requireNumber(
      'oneCycle: pctStart',
      pctStart,
      'a number from 0 to 1',
      (number) => number >= 0 && number <= 1,
    ),
    anneal,
    ...lengthOf('oneCycle', steps),
  })
}

const shares = { cosine: cosineShare, linear: (x: number): number => x } as const

export const oneCycleFormula: Formula<OneCycleSchedule> = {
  make: oneCycle,
  ends: true,
  at: ({ max, from, to, pctStart, anneal }, t, steps) => {
    const last = steps - 1
    const turn = Math.max(0, pctStart * steps - 1)
    if (t < turn) return between(from, max, shares[anneal](t / turn))
    return turn === last ? max : between(max, to, shares[anneal](Math.min((t - turn) / (last - turn), 1)))
  },
  highest: ({ max, from, to }) => Math.max(max, from, to),
}
