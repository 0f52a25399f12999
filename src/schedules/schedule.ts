// Schedules: numbers that change from step to step, as plain values. What they come to follows from the step alone.

import { netwrightError, requireWhole } from '../errors.js'
import { type Curve, curveAt, endsWithRun, highestOfCurve, toCurve } from './curve.js'
import type { PlateauSchedule } from './plateau.js'
import { highestOfWarmUp, type WarmUpSchedule, warmUp, warmUpAt } from './warm-up.js'

/**
 * What `step`, `multiStep`, `exponential`, `polynomial`, `cosine`, `cosineRestarts`, `oneCycle`, `plateau` and `warmUp`
 * make: a frozen object of plain values, defaults included. JSON keeps it: what is parsed is a schedule again.
 */
export type Schedule = Curve | WarmUpSchedule

/** Where a call of `fit` stands. */
export interface Run {
  /** The step that is due, from 0. */
  readonly step: number
  /** All steps of this call. */
  readonly steps: number
}

/** `value` if it is a schedule, of this process or from JSON; else throws ERR_ARGUMENT, naming it `what`. */
export function toSchedule(what: string, value: unknown): Schedule {
  if (value === warmUp) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${what} is warmUp itself, expected what it makes: warmUp(100, …)`,
      'TypeError',
    )
  }
  const { kind, steps, schedule, ...options } = (value ?? {}) as Partial<WarmUpSchedule>
  return kind === 'warmUp' ? warmUp(steps as number, schedule as Curve, options) : toCurve(what, value)
}

/** The plateau that `value` is or comes to after its warm-up; undefined for any other. */
export function plateauOf(value: number | Schedule): PlateauSchedule | undefined {
  if (typeof value === 'number') return undefined
  if (value.kind === 'warmUp') return plateauOf(value.schedule)
  return value.kind === 'plateau' ? value : undefined
}

/** A number that the values of `schedule` do not exceed. */
export const highestOf = (schedule: Schedule): number =>
  schedule.kind === 'warmUp' ? highestOfWarmUp(schedule) : highestOfCurve(schedule)

/** `value` at step `step`, from 0; `steps` is the length of a schedule that ends with its run. Checks nothing. */
function at(value: Schedule, step: number, steps?: number): number {
  return value.kind === 'warmUp' ? warmUpAt(value, step, steps) : curveAt(value, step, steps)
}

/**
 * What `schedule` comes to at step `step`, from 0, of `steps`: for pictures, and for loops by hand. `steps` is not needed
 * for a schedule that has no end or says it itself. Throws ERR_ARGUMENT where it is.
 */
export function scheduleAt(schedule: Schedule, step: number, steps?: number): number {
  requireWhole('scheduleAt: step', step, 0)
  if (steps !== undefined) requireWhole('scheduleAt: steps', steps)
  return at(toSchedule('scheduleAt: schedule', schedule), step, steps)
}

/**
 * An optimizer's number at its step `step`, from 1, in `run`. A schedule that ends with the run counts the run's steps:
 * each call of `fit` has a cycle of its own. Any other counts the optimizer's, by hand and in every `fit`.
 */
export function valueAt(value: number | Schedule, step: number, run?: Run): number {
  if (typeof value === 'number') return value
  const curve = value.kind === 'warmUp' ? value.schedule : value
  const followsRun = run !== undefined && typeof curve !== 'number' && endsWithRun(curve)
  return followsRun ? at(value, run.step, run.steps) : at(value, step - 1)
}
