// ReduceLROnPlateau: a smaller learning rate when training no longer gets better.

import { checkPlateauRule, type PlateauRule } from '../../schedules/plateau.js'
import type { Callback, CallbackState, TrainingRun } from '../callback.js'
import type { EpochLogs } from '../history.js'
import { Watch } from './monitor.js'

interface Remembered {
  readonly best?: number
  readonly waited: number
  readonly cooling: number
}

/**
 * Multiplies the optimizer's rate, and the whole of its schedule, by `factor` after `patience` epochs in a row that are
 * no better than the best. As Keras' (whose defaults these are) and PyTorch's, which also counts from the best.
 * Throws ERR_ARGUMENT for options out of range.
 */
export class ReduceLROnPlateau implements Callback {
  readonly #rule: ReturnType<typeof checkPlateauRule>
  #watch: Watch
  #waited = 0
  #cooling = 0
  #resumed = false

  constructor(options: PlateauRule = {}) {
    this.#rule = checkPlateauRule('ReduceLROnPlateau', options)
    this.#watch = new Watch('ReduceLROnPlateau', this.#rule)
  }

  onTrainBegin(): void {
    if (!this.#resumed) {
      this.#watch = new Watch('ReduceLROnPlateau', this.#rule)
      this.#waited = 0
      this.#cooling = 0
    }
    this.#resumed = false
  }

  onEpochEnd(_: number, logs: EpochLogs, run: TrainingRun): void {
    const better = this.#watch.isBetter(logs)
    if (this.#cooling > 0) {
      this.#cooling--
      this.#waited = 0
    }
    if (better) this.#waited = 0
    else if (this.#cooling === 0 && ++this.#waited >= this.#rule.patience) {
      run.lrFactor = Math.max(run.lrFactor * this.#rule.factor, this.#rule.least)
      this.#cooling = this.#rule.cooldown
      this.#waited = 0
    }
  }

  state(): CallbackState {
    const { best } = this.#watch
    const values: Remembered = {
      ...(best === undefined ? {} : { best }),
      waited: this.#waited,
      cooling: this.#cooling,
    }
    return { values }
  }

  setState({ values }: CallbackState): void {
    const { best, waited, cooling } = values as Remembered
    this.#watch = new Watch('ReduceLROnPlateau', this.#rule)
    this.#watch.best = best
    this.#waited = waited
    this.#cooling = cooling
    this.#resumed = true
  }
}
