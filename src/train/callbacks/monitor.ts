// What EarlyStopping, ModelCheckpoint and ReduceLROnPlateau watch: one number of each epoch, and whether it got better.

import { describe, netwrightError, requireNumber } from '../../errors.js'
import type { EpochLogs } from '../history.js'

/** A figure of an epoch: 'valLoss', 'accuracy', …, or the name of a metric, on validation data as `val` and its name. */
export type Monitor = string

export interface MonitorOptions {
  /** What to watch. Default 'valLoss' where there is validation data, else 'loss'. */
  readonly monitor?: Monitor
  /** Whether lower or higher is better. Default: 'min' for names that end in loss, mae or rmse, else 'max'. */
  readonly mode?: 'min' | 'max'
  /** What is better by no more than this counts as no better, from 0. */
  readonly minDelta?: number
}

/** Remembers the best value so far. */
export class Watch {
  readonly #where: string
  readonly #monitor: Monitor | undefined
  readonly #mode: 'min' | 'max' | undefined
  readonly #minDelta: number
  #best: number | undefined

  /** Throws ERR_ARGUMENT for options out of range. */
  constructor(where: string, { monitor, mode, minDelta = 0 }: MonitorOptions) {
    if (monitor !== undefined && typeof monitor !== 'string') {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${where}: monitor is ${describe(monitor)}, expected a name such as 'valLoss'`,
        'TypeError',
      )
    }
    if (mode !== undefined && mode !== 'min' && mode !== 'max') {
      throw netwrightError('ERR_ARGUMENT', `${where}: mode is ${describe(mode)}, expected 'min' or 'max'`, 'TypeError')
    }
    this.#where = where
    this.#monitor = monitor
    this.#mode = mode
    this.#minDelta = requireNumber(`${where}: minDelta`, minDelta, 'a finite number from 0', (number) => number >= 0)
  }

  /** The best value so far. */
  get best(): number | undefined {
    return this.#best
  }

  set best(value: number | undefined) {
    this.#best = value
  }

  nameIn(logs: EpochLogs): Monitor {
    return this.#monitor ?? (logs.valLoss === undefined ? 'loss' : 'valLoss')
  }

  /** The watched figure of an epoch. Throws ERR_ARGUMENT where the epoch has none of that name. */
  valueIn(logs: EpochLogs): number {
    const name = this.nameIn(logs)
    const figures = figuresOf(logs)
    const value = figures.get(name)
    if (value !== undefined) return value
    throw netwrightError(
      'ERR_ARGUMENT',
      `${this.#where}: monitor is ${describe(name)}, but an epoch has ${[...figures.keys()].join(', ')}` +
        `${name.startsWith('val') ? '. Give fit validationData or a validationSplit' : ''}`,
    )
  }

  /** Whether the epoch is the best so far; remembers it then. A value that is no number is never better. */
  isBetter(logs: EpochLogs): boolean {
    const value = this.valueIn(logs)
    const mode = this.#mode ?? (/(loss|mae|rmse)$/i.test(this.nameIn(logs)) ? 'min' : 'max')
    const gain = this.#best === undefined ? Number.POSITIVE_INFINITY : (value - this.#best) * (mode === 'max' ? 1 : -1)
    if (Number.isNaN(value) || !(gain > this.#minDelta)) return false
    this.#best = value
    return true
  }
}

/** The numbers of an epoch by name, metrics included. */
function figuresOf(logs: EpochLogs): ReadonlyMap<string, number> {
  const {
    metrics = {},
    valMetrics = {},
    ...others
  } = logs as EpochLogs & {
    readonly metrics?: Readonly<Record<string, unknown>>
    readonly valMetrics?: Readonly<Record<string, unknown>>
  }
  const capitalised = (name: string): string => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const all: readonly (readonly [string, unknown])[] = [
    ...Object.entries(others),
    ...Object.entries(metrics),
    ...Object.entries(valMetrics).map(([name, value]) => [capitalised(name), value] as const),
  ]
  return new Map(all.filter((entry): entry is readonly [string, number] => typeof entry[1] === 'number'))
}
