// Every kind of schedule that stands for itself, by its name.

import { describe, netwrightError } from '../errors.js'
import { type CosineSchedule, cosineFormula } from './cosine.js'
import { type CosineRestartsSchedule, cosineRestartsFormula } from './cosine-restarts.js'
import { type ExponentialSchedule, exponentialFormula } from './exponential.js'
import type { Formula } from './formula.js'
import { type MultiStepSchedule, multiStepFormula } from './multi-step.js'
import { type OneCycleSchedule, oneCycleFormula } from './one-cycle.js'
import { type PlateauSchedule, plateauFormula } from './plateau.js'
import { type PolynomialSchedule, polynomialFormula } from './polynomial.js'
import { type StepSchedule, stepFormula } from './step.js'

/** Any schedule but a warm-up, which is followed by one. */
export type Curve =
  | StepSchedule
  | MultiStepSchedule
  | ExponentialSchedule
  | PolynomialSchedule
  | CosineSchedule
  | CosineRestartsSchedule
  | OneCycleSchedule
  | PlateauSchedule

const formulas: { readonly [K in Curve['kind']]: Formula<Extract<Curve, { readonly kind: K }>> } = {
  step: stepFormula,
  multiStep: multiStepFormula,
  exponential: exponentialFormula,
  polynomial: polynomialFormula,
  cosine: cosineFormula,
  cosineRestarts: cosineRestartsFormula,
  oneCycle: oneCycleFormula,
  plateau: plateauFormula,
}

const formulaOf = (kind: Curve['kind']): Formula<Curve> => formulas[kind] as Formula<Curve>

/** `value` if it is a schedule other than a warm-up, of this process or from JSON; else throws ERR_ARGUMENT. */
export function toCurve(what: string, value: unknown): Curve {
  if (typeof value === 'function' && Object.values(formulas).some(({ make }) => make === value)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${what} is ${value.name} itself, expected what it makes: ${value.name}({ … })`,
      'TypeError',
    )
  }
  const { kind, ...options } = (value ?? {}) as { readonly kind?: unknown }
  if (typeof kind === 'string' && Object.hasOwn(formulas, kind)) {
    return formulaOf(kind as Curve['kind']).make(options as never)
  }
  throw netwrightError(
    'ERR_ARGUMENT',
    typeof kind === 'string'
      ? `${what} is of kind ${describe(kind)}, expected ${Object.keys(formulas).join(', ')}`
      : `${what} is ${describe(value)}, expected a number or a schedule such as cosine({ from: 0.1 })`,
    'TypeError',
  )
}

/** Whether `curve` ends with the run that it is used in. */
export const endsWithRun = (curve: Curve): boolean => formulaOf(curve.kind).ends && !('steps' in curve)

/** The value of `curve` at `step`, from 0; `steps` is the length of one that does not say its own. */
export function curveAt(curve: Curve, step: number, steps: number | undefined): number {
  const { ends, at } = formulaOf(curve.kind)
  const length = ends ? ((curve as { readonly steps?: number }).steps ?? steps) : Number.POSITIVE_INFINITY
  if (length !== undefined) return at(curve, step, length)
  throw netwrightError(
    'ERR_ARGUMENT',
    `${curve.kind}: steps is missing. Only fit knows how many steps a run has; elsewhere say it: ` +
      `${curve.kind}({ …, steps: 1000 })`,
  )
}

/** A number that the values of `curve` do not exceed. */
export const highestOfCurve = (curve: Curve): number => formulaOf(curve.kind).highest(curve)
