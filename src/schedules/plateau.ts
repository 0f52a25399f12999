// Plateau: a rate that falls whenever training no longer gets better.

import { checkOptions, describe, netwrightError, requireNumber, requireWhole } from '../errors.js'
import type { Formula } from './formula.js'
import { requireValue } from './options.js'

/** When and how a rate falls. */
export interface PlateauRule {
  /** The figure of an epoch to watch, as `EarlyStopping` has it. Default 'valLoss' with validation data, else 'loss'. */
  readonly monitor?: string
  /** Whether lower or higher is better. Default: 'min' for names that end in loss, mae or rmse, else 'max'. */
  readonly mode?: 'min' | 'max'
  /** What is better by no more than this counts as no better, from 0. Default 0. */
  readonly minDelta?: number
  /** What the rate is multiplied by, between 0 and 1. Default 0.1. */
  readonly factor?: number
  /** Epochs in a row that may be no better. Default 10. */
  readonly patience?: number
  /** Epochs after a reduction that do not count. Default 0. */
  readonly cooldown?: number
  /** The rate does not become smaller than this share of the first, from 0. Default 0. */
  readonly least?: number
}

/** Options of {@link plateau}. */
export interface PlateauOptions extends PlateauRule {
  /** The first rate, from 0. */
  readonly from: number
}

export interface PlateauSchedule extends PlateauOptions {
  readonly kind: 'plateau'
}

const ruleNames = ['monitor', 'mode', 'minDelta', 'factor', 'patience', 'cooldown', 'least'] as const

/** The rule with its defaults. Throws ERR_ARGUMENT for options out of range, naming them after `where`. */
export function checkPlateauRule(where: string, rule: PlateauRule) {
  checkOptions(where, rule, ruleNames)
  const { monitor, mode, minDelta = 0, factor = 0.1, patience = 10, cooldown = 0, least = 0 } = rule
  const wrong = (name: 'monitor' | 'mode', expected: string): Error =>
    netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(rule[name])}, expected ${expected}`, 'TypeError')
  if (monitor !== undefined && typeof monitor !== 'string') throw wrong('monitor', "a name such as 'valLoss'")
  if (mode !== undefined && mode !== 'min' && mode !== 'max') throw wrong('mode', "'min' or 'max'")
  return {
    ...(monitor === undefined ? {} : { monitor }),
    ...(mode === undefined ? {} : { mode }),
    minDelta: requireNumber(`${where}: minDelta`, minDelta, 'a finite number from 0', (value) => value >= 0),
    factor: requireNumber(`${where}: factor`, factor, 'a number between 0 and 1', (value) => value > 0 && value < 1),
    patience: requireWhole(`${where}: patience`, patience),
    cooldown: requireWhole(`${where}: cooldown`, cooldown, 0),
    least: requireNumber(`${where}: least`, least, 'a number from 0, below 1', (value) => value >= 0 && value < 1),
  } as const
}

/**
 * `from`, multiplied by `factor` after `patience` epochs in a row that are no better than the best: as a learning rate it
 * is `fit` that does so, in the way of `ReduceLROnPlateau`. By hand, outside of `fit`, it stays at `from`.
 * Throws ERR_ARGUMENT for options out of range.
 */
export function plateau({ from, ...rule }: PlateauOptions): PlateauSchedule {
  return Object.freeze({
    kind: 'plateau',
    from: requireValue('plateau: from', from),
    ...checkPlateauRule('plateau', rule),
  })
}

export const plateauFormula: Formula<PlateauSchedule> = {
  make: plateau,
  ends: false,
  at: ({ from }) => from,
  highest: ({ from }) => from,
}
