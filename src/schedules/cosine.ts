// Cosine annealing: from one value to another along half a wave of the cosine.

import { checkOptions } from '../errors.js'
import { between } from './between.js'
import { cosineShare } from './cosine-share.js'
import type { Formula } from './formula.js'
import { type LengthOptions, lengthOf, requireValue } from './options.js'

/** Options of {@link cosine}. */
export interface CosineOptions extends LengthOptions {
  /** The first value, from 0. */
  readonly from: number
  /** The value after the last step, from 0. Default 0. */
  readonly to?: number
}

export interface CosineSchedule extends CosineOptions {
  readonly kind: 'cosine'
  readonly to: number
}

/**
 * to + (from - to) · (1 + cos(π t / steps)) / 2 at step t, from 0 (Loshchilov and Hutter 2017). `to` is reached after
 * the last step, as with PyTorch's CosineAnnealingLR (T_max, eta_min) and Keras' CosineDecay (decay_steps); unlike
 * PyTorch's it stays there. Throws ERR_ARGUMENT for options out of range.
 */
export function cosine(options: CosineOptions): CosineSchedule {
  checkOptions('cosine', options, ['from', 'to', 'steps'])
  const { from, to = 0, steps } = options
  return Object.freeze({
    kind: 'cosine',
    from: requireValue('cosine: from', from),
    to: requireValue('cosine: to', to),
    ...lengthOf('cosine', steps),
  })
}

export const cosineFormula: Formula<CosineSchedule> = {
  make: cosine,
  ends: true,
  at: ({ from, to }, t, steps) => between(from, to, cosineShare(Math.min(t / steps, 1))),
  highest: ({ from, to }) => Math.max(from, to),
}
