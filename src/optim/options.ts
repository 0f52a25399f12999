// What the optimizers' options must be.

import { requireNumber } from '../errors.js'

/** `value` if it is above 0: a learning rate, an eps. */
export const requirePositive = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a finite number above 0', (number) => number > 0)

/** `value` if it is 0 or more: a weight decay. */
export const requireNotNegative = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a finite number from 0', (number) => number >= 0)

/** `value` if it is from 0, below 1: what a running average keeps of itself. */
export const requireFraction = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a number from 0, below 1', (number) => number >= 0 && number < 1)
