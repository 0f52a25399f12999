// Updates: the optimizer's steps among the batches of an epoch, and the numbers that the step table has about them.

import { updateColumns } from '../model/step.js'
import { type Optimizer, scaledValue } from '../optim/optimizer.js'
import type { Run } from '../schedules/schedule.js'

type Set = (column: string, value: number) => void

/** What decides which batches make an update, and what follows for its numbers. */
export interface UpdateOptions {
  /** Samples of an epoch. */
  readonly length: number
  readonly batchSize: number
  /** Batches of an update; the last one of an epoch may have fewer. */
  readonly accumulate: number
  /** Of the running average; undefined where there is none. */
  readonly ema: number | undefined
  readonly optimizer: Optimizer
  /** By which groups' rates differ from the optimizer's, 1 included or not. */
  readonly lrFactors: readonly number[]
}

/**
 * What the running average keeps of itself at its update `update`, counted from 0: as TensorFlow's
 * ExponentialMovingAverage with num_updates, little at first, so that it soon forgets where it began.
 */
export const averageDecay = (ema: number, update: number): number => Math.min(ema, (1 + update) / (10 + update))

export class Updates {
  readonly #options: UpdateOptions
  /** Batches of an epoch. */
  readonly batches: number
  /** Updates of an epoch. */
  readonly perEpoch: number
  /** The columns of each of the optimizer's rate values that groups have, with their factors. */
  readonly #scaled: ReadonlyMap<string, readonly (readonly [column: string, factor: number])[]>
  #set: Set = () => {}
  #lrFactor = 1

  constructor(options: UpdateOptions) {
    const { length, batchSize, accumulate, optimizer, lrFactors } = options
    this.#options = options
    this.batches = Math.ceil(length / batchSize)
    this.perEpoch = Math.ceil(this.batches / accumulate)
    const factors = [...new Set(lrFactors)].filter((factor) => factor !== 1)
    this.#scaled = new Map(
      optimizer.rateValues.map((name) => [name, factors.map((factor) => [scaledValue(name, factor), factor] as const)]),
    )
  }

  /** Updates that are made once the first `batches` of an epoch are done. */
  after(batches: number): number {
    return batches >= this.batches ? this.perEpoch : Math.floor(batches / this.#options.accumulate)
  }

  /** Whether the first `batches` of an epoch end within an update. */
  isOpen(batches: number): boolean {
    return batches < this.batches && batches % this.#options.accumulate !== 0
  }

  /**
   * Calls `set` with all that the step table says of batch `batch` of an epoch about its update: step `step` of the
   * optimizer, counted from 1, in the fit `run`, at `lrFactor` times the rates.
   */
  setStepValues(batch: number, step: number, set: Set, run: Run, lrFactor: number): void {
    const { length, batchSize, accumulate, ema, optimizer } = this.#options
    this.#set = set
    this.#lrFactor = lrFactor
    optimizer.setStepValues(step, this.#setScaled, run)
    if (accumulate > 1) {
      const first = batch - (batch % accumulate)
      const rowsOf = (from: number, count: number): number =>
        Math.min(length, (from + count) * batchSize) - from * batchSize
      set(updateColumns.share, rowsOf(batch, 1) / rowsOf(first, accumulate))
      set(updateColumns.update, this.after(batch + 1) > this.after(batch) ? 1 : 0)
    }
    if (ema !== undefined) set(updateColumns.averageShare, 1 - averageDecay(ema, run.step))
  }

  /** A value of the optimizer, and what it comes to in each group. One function for all steps. */
  readonly #setScaled: Set = (name, value) => {
    const scaled = this.#scaled.get(name)
    const base = scaled === undefined ? value : this.#lrFactor * value
    this.#set(name, base)
    if (scaled !== undefined) for (const [column, factor] of scaled) this.#set(column, factor * base)
  }
}
