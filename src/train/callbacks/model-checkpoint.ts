// ModelCheckpoint: saves the model as it trains: the best, the last, every few epochs.

import { checkOptions, describe, netwrightError, requireWhole } from '../../errors.js'
import type { Callback, CallbackState, TrainingRun } from '../callback.js'
import type { EpochLogs } from '../history.js'
import { type MonitorOptions, Watch } from './monitor.js'

const kept = ['best', 'last', 'all'] as const

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointOptions extends MonitorOptions {
  /**
   * `'best'` (default): only epochs that are better than all before; `'last'`: every epoch, over the one before;
   * `'all'`: every epoch, to a name of its own.
   */
  readonly keep?: (typeof kept)[number]
  /** Only each so-manieth epoch, of all or of the last. Default 1. */
  readonly every?: number
}

/**
 * Saves the model after epochs, as `model.save` does, to `path`, in which `{epoch}` stands for the number of the epoch,
 * from 1:
 *
 *     new ModelCheckpoint('best.safetensors')
 *     new ModelCheckpoint('epoch-{epoch}.safetensors', { keep: 'all', every: 5 })
 *
 * For going on with a run that was ended there is `checkpoint`, an option of `fit`.
 * Throws ERR_ARGUMENT for options out of range and, with `keep: 'all'`, for a path without `{epoch}`; training rejects
 * with ERR_FILE where the path cannot be written.
 */
export class ModelCheckpoint implements Callback {
  readonly #path: string
  readonly #keep: (typeof kept)[number]
  readonly #every: number
  readonly #options: MonitorOptions
  #watch: Watch
  #resumed = false

  constructor(path: string, options: ModelCheckpointOptions = {}) {
    checkOptions('ModelCheckpoint', options, ['monitor', 'mode', 'minDelta', 'keep', 'every'])
    const { keep = 'best', every = 1 } = options
    const wrong = (what: string, expected: string): Error =>
      netwrightError('ERR_ARGUMENT', `ModelCheckpoint: ${what}, expected ${expected}`, 'TypeError')
    if (typeof path !== 'string' || path === '') throw wrong(`path is ${describe(path)}`, 'the name of a file')
    if (!kept.includes(keep)) throw wrong(`keep is ${describe(keep)}`, "'best', 'last' or 'all'")
    if (keep === 'all' && !path.includes('{epoch}')) {
      throw wrong(`path is ${describe(path)}`, "a name with {epoch} in it, where keep is 'all'")
    }
    this.#path = path
    this.#keep = keep
    this.#every = requireWhole('ModelCheckpoint: every', every)
    this.#options = options
    this.#watch = new Watch('ModelCheckpoint', options)
  }

  onTrainBegin(): void {
    if (!this.#resumed) this.#watch = new Watch('ModelCheckpoint', this.#options)
    this.#resumed = false
  }

  async onEpochEnd(epoch: number, logs: EpochLogs, run: TrainingRun): Promise<void> {
    const due = this.#keep === 'best' ? this.#watch.isBetter(logs) : (epoch + 1) % this.#every === 0
    if (due) await run.model.save(this.#path.replaceAll('{epoch}', String(epoch + 1)))
  }

  state(): CallbackState {
    return { values: { best: this.#watch.best } }
  }

  setState({ values }: CallbackState): void {
    this.#watch = new Watch('ModelCheckpoint', this.#options)
    this.#watch.best = (values as { readonly best?: number }).best
    this.#resumed = true
  }
}
