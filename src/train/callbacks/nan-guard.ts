// NaNGuard: goes back to a good step with a smaller rate where training would end in NaN.

import { checkOptions, requireNumber, requireWhole } from '../../errors.js'
import { warn } from '../../platform.js'
import type { Callback, TrainingProgress, TrainingRun } from '../callback.js'
import type { Snapshot } from '../snapshot.js'

/** Options of {@link NaNGuard}. */
export interface NaNGuardOptions {
  /** What the learning rate is multiplied by, between 0 and 1. Default 0.5. */
  readonly factor?: number
  /** How often it goes back in one run; then training fails. Default 5. */
  readonly retries?: number
  /** Steps, at least, from one copy of the run to the next. Default 100. */
  readonly every?: number
}

/**
 * When the loss or a gradient is NaN or infinite, goes back to the last copy of the run, `every` steps and a job away at
 * most, or to the one before where that fails again, and goes on from there with `factor` times the learning rate:
 *
 *     await model.fit(data, { …, callbacks: [new NaNGuard()] })
 *
 * Each of two copies takes as much memory as the parameters and the optimizer's memory. Says what it does as a process warning.
 * Throws ERR_ARGUMENT for options out of range.
 */
export class NaNGuard implements Callback {
  readonly #factor: number
  readonly #retries: number
  readonly #every: number
  /** The last two copies: where the last does not help, weights had grown too large already. */
  #copies: readonly Snapshot[] = []
  #used = 0

  constructor(options: NaNGuardOptions = {}) {
    checkOptions('NaNGuard', options, ['factor', 'retries', 'every'])
    const { factor = 0.5, retries = 5, every = 100 } = options
    const isShare = (value: number): boolean => value > 0 && value < 1
    this.#factor = requireNumber('NaNGuard: factor', factor, 'a number between 0 and 1', isShare)
    this.#retries = requireWhole('NaNGuard: retries', retries)
    this.#every = requireWhole('NaNGuard: every', every)
  }

  onTrainBegin(run: TrainingRun): void {
    this.#used = 0
    this.#copies = [run.snapshot()]
  }

  onProgress(_: TrainingProgress, run: TrainingRun): void {
    this.#keep(run)
  }

  onFailure(error: unknown, run: TrainingRun): boolean {
    if ((error as { readonly code?: string }).code !== 'ERR_NOT_FINITE') return false
    const good = this.#copies.at(-1)
    if (good === undefined || this.#used === this.#retries) return false
    this.#used++
    if (this.#copies.length > 1) this.#copies = this.#copies.slice(0, -1)
    const factor = run.lrFactor * this.#factor
    run.restore(good)
    run.lrFactor = factor
    warn(
      `${(error as Error).message} NaNGuard goes back to step ${run.steps} with ${factor} times ` +
        `the learning rate (${this.#used} of ${this.#retries} times).`,
      'NETWRIGHT_NAN_GUARD',
    )
    return true
  }

  onTrainEnd(): void {
    this.#copies = []
  }

  #keep(run: TrainingRun): void {
    const last = this.#copies.at(-1)
    if (last !== undefined && run.steps - last.position.modelSteps < this.#every) return
    if (!run.model.params.every(({ data }) => data.every(Number.isFinite))) return
    this.#copies = [...this.#copies.slice(-1), run.snapshot()]
  }
}
