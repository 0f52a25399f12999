// Warm-up: from a small value up to where another schedule begins.

import { checkOptions, requireWhole } from '../errors.js'
import { between } from './between.js'
import { type Curve, curveAt, highestOfCurve, toCurve } from './curve.js'
import { requireValue } from './options.js'

/** Options of {@link warmUp}. */
export interface WarmUpOptions {
  /** The value of the first step, from 0. Default: 1 / (steps + 1) of where the schedule begins. */
  readonly from?: number
}

export interface WarmUpSchedule extends WarmUpOptions {
  readonly kind: 'warmUp'
  readonly steps: number
  readonly schedule: number | Curve
}

/**
 * Goes up evenly in `steps` steps to where `schedule`, or a number, begins, and goes on with that: step t of the
 * schedule is step steps + t. A schedule that ends with the run gets the steps that are left of it; a run shorter than
 * the warm-up ends on the way up. As PyTorch's LinearLR and another in a SequentialLR, and Keras' warmup_steps
 * (Goyal et al. 2017). Throws ERR_ARGUMENT for what is out of range.
 */
export function warmUp(steps: number, schedule: number | Curve, options: WarmUpOptions = {}): WarmUpSchedule {
  requireWhole('warmUp: steps', steps)
  checkOptions('warmUp', options, ['from'])
  const { from } = options
  return Object.freeze({
    kind: 'warmUp',
    steps,
    schedule:
      typeof schedule === 'number' ? requireValue('warmUp: schedule', schedule) : toCurve('warmUp: schedule', schedule),
    ...(from === undefined ? {} : { from: requireValue('warmUp: from', from) }),
  })
}

/** The value at `step`, from 0, of a run of `steps`. */
export function warmUpAt({ steps: rise, schedule, from }: WarmUpSchedule, step: number, steps?: number): number {
  const left = steps === undefined ? undefined : Math.max(1, steps - rise)
  if (step >= rise) return at(schedule, step - rise, left)
  const top = at(schedule, 0, left)
  return between(from ?? top / (rise + 1), top, step / rise)
}

const at = (schedule: number | Curve, step: number, steps: number | undefined): number =>
  typeof schedule === 'number' ? schedule : curveAt(schedule, step, steps)

/** A number that its values do not exceed. */
export const highestOfWarmUp = ({ schedule, from = 0 }: WarmUpSchedule): number =>
  Math.max(from, typeof schedule === 'number' ? schedule : highestOfCurve(schedule))
