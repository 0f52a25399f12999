// What the optimizers' options must be.

import { requireNumber } from '../errors.js'
import { highestOf, type Schedule, toSchedule } from '../schedules/schedule.js'

/** `value` if it is above 0: a learning rate, an eps. */
export const requirePositive = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a finite number above 0', (number) => number > 0)

/** `value` if it is 0 or more: a weight decay. */
export const requireNotNegative = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a finite number from 0', (number) => number >= 0)

/** `value` if it is from 0, below 1: what a running average keeps of itself. */
export const requireFraction = (what: string, value: unknown): number =>
  requireNumber(what, value, 'a number from 0, below 1', (number) => number >= 0 && number < 1)

/** `value` if it may be a learning rate: a number above 0, or a schedule that comes above 0. */
export const requireRate = (what: string, value: unknown): number | Schedule =>
  numberOrSchedule(what, value, requirePositive)

/** `value` if it may be a momentum: a number from 0, below 1, or a schedule of such numbers. */
export const requireMomentum = (what: string, value: unknown): number | Schedule =>
  numberOrSchedule(what, value, requireFraction)

function numberOrSchedule(
  what: string,
  value: unknown,
  require: (what: string, value: unknown) => number,
): number | Schedule {
  if (typeof value === 'number') return require(what, value)
  const schedule = toSchedule(what, value)
  require(`${what}: the highest value of its schedule`, highestOf(schedule))
  return schedule
}
