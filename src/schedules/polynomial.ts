// Polynomial decay: from one value to another along a power; along a line, if nothing else is said.

import { checkOptions, requireNumber } from '../errors.js'
import { between } from './between.js'
import type { Formula } from './formula.js'
import { type LengthOptions, lengthOf, requireValue } from './options.js'
import { power } from './power.js'

/** Options of {@link polynomial}. */
export interface PolynomialOptions extends LengthOptions {
  /** The first value, from 0. */
  readonly from: number
  /** The value after the last step, from 0. Default 0. */
  readonly to?: number
  /** Above 0. Default 1: linear. */
  readonly power?: number
}

export interface PolynomialSchedule extends PolynomialOptions {
  readonly kind: 'polynomial'
  readonly to: number
  readonly power: number
}

/**
 * to + (from - to) · (1 - t / steps)^power at step t, from 0: linear decay with the default power. `to` is reached after
 * the last step, as with PyTorch's PolynomialLR and LinearLR (total_iters) and Keras' PolynomialDecay (decay_steps).
 * Throws ERR_ARGUMENT for options out of range.
 */
export function polynomial(options: PolynomialOptions): PolynomialSchedule {
  checkOptions('polynomial', options, ['from', 'to', 'power', 'steps'])
  const { from, to = 0, power: exponent = 1, steps } = options
  return Object.freeze({
    kind: 'polynomial',
    from: requireValue('polynomial: from', from),
    to: requireValue('polynomial: to', to),
    power: requireNumber('polynomial: power', exponent, 'a finite number above 0', (number) => number > 0),
    ...lengthOf('polynomial', steps),
  })
}

export const polynomialFormula: Formula<PolynomialSchedule> = {
  make: polynomial,
  ends: true,
  at: ({ from, to, power: exponent }, t, steps) => between(to, from, power(1 - Math.min(t / steps, 1), exponent)),
  highest: ({ from, to }) => Math.max(from, to),
}
