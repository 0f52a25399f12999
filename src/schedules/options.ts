// What the options of several schedules must be.

import { requireNumber, requireWhole } from '../errors.js'

/** `value` if a schedule may come to it: a finite number from 0. */
export const requireValue = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a finite number from 0', (number) => number >= 0)

/** `gamma` if a value may be multiplied by it again and again. */
export const requireGamma = (where: string, gamma: unknown): number =>
  requireNumber(`${where}: gamma`, gamma, 'a finite number above 0', (number) => number > 0)

/** How long a schedule is that has an end. */
export interface LengthOptions {
  /**
   * Steps until its end, after which it stays as it is. Default: the run of `fit`, which is `epochs` times the steps of
   * an epoch. `update` by hand knows of no run and needs a number here.
   */
  readonly steps?: number
}

/** `steps` as a schedule keeps it: not at all where it was not given. */
export const lengthOf = (where: string, steps: unknown): LengthOptions =>
  steps === undefined ? {} : { steps: requireWhole(`${where}: steps`, steps) }
