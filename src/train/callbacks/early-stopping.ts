// EarlyStopping: ends training that no longer gets better, and goes back to the best weights.

import { checkOptions, counted, requireFlag, requireWhole } from '../../errors.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Callback, CallbackState, TrainingRun } from '../callback.js'
import type { EpochLogs } from '../history.js'
import type { Weights } from '../snapshot.js'
import { type MonitorOptions, Watch } from './monitor.js'

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs in a row that may be no better. Default 5. */
  readonly patience?: number
  /** Whether the model ends with the weights of its best epoch, also where training was not stopped. Default true. */
  readonly restoreBest?: boolean
}

interface Remembered {
  readonly best?: number
  readonly bestEpoch: number
  readonly waited: number
}

/**
 * Ends training after `patience` epochs in a row that are no better than the best:
 *
 *     await model.fit(data, { …, validationSplit: 0.1, callbacks: [new EarlyStopping({ patience: 3 })] })
 *
 * As Keras', whose restore_best_weights is here the default. For one run at a time; a new run begins anew.
 * Throws ERR_ARGUMENT for options out of range and, after the first epoch, for a `monitor` that epochs do not have.
 */
export class EarlyStopping implements Callback {
  readonly #options: EarlyStoppingOptions
  readonly #patience: number
  readonly #restoreBest: boolean
  #watch: Watch
  #waited = 0
  #bestEpoch = -1
  #weights: Weights | undefined
  #resumed = false

  constructor(options: EarlyStoppingOptions = {}) {
    checkOptions('EarlyStopping', options, ['monitor', 'mode', 'minDelta', 'patience', 'restoreBest'])
    this.#options = options
    this.#patience = requireWhole('EarlyStopping: patience', options.patience ?? 5)
    this.#restoreBest = requireFlag('EarlyStopping: restoreBest', options.restoreBest ?? true)
    this.#watch = new Watch('EarlyStopping', options)
  }

  /** The best epoch so far, from 0; -1 before the first. */
  get bestEpoch(): number {
    return this.#bestEpoch
  }

  /** The best value so far. */
  get best(): number | undefined {
    return this.#watch.best
  }

  onTrainBegin(run: TrainingRun): void {
    if (this.#resumed) this.#stopIfDue(run)
    else {
      this.#watch = new Watch('EarlyStopping', this.#options)
      this.#waited = 0
      this.#bestEpoch = -1
      this.#weights = undefined
    }
    this.#resumed = false
  }

  onEpochEnd(epoch: number, logs: EpochLogs, run: TrainingRun): void {
    if (this.#watch.isBetter(logs)) {
      this.#waited = 0
      this.#bestEpoch = epoch
      if (this.#restoreBest) this.#weights = run.readWeights()
    } else this.#waited++
    this.#stopIfDue(run)
  }

  async onTrainEnd(run: TrainingRun): Promise<void> {
    if (this.#weights !== undefined) await run.writeWeights(this.#weights)
    this.#weights = undefined
  }

  state(): CallbackState {
    const { best } = this
    const values: Remembered = {
      ...(best === undefined ? {} : { best }),
      bestEpoch: this.#bestEpoch,
      waited: this.#waited,
    }
    if (this.#weights === undefined) return { values }
    const { parameters, buffers } = this.#weights
    return {
      values,
      tensors: {
        parameters: new Tensor(parameters, [parameters.length]),
        buffers: new Tensor(buffers, [buffers.length]),
      },
    }
  }

  setState({ values, tensors = {} }: CallbackState): void {
    const { best, bestEpoch, waited } = values as Remembered
    this.#watch = new Watch('EarlyStopping', this.#options)
    this.#watch.best = best
    this.#bestEpoch = bestEpoch
    this.#waited = waited
    const { parameters, buffers } = tensors
    this.#weights =
      parameters === undefined || buffers === undefined
        ? undefined
        : { parameters: parameters.data, buffers: buffers.data }
    this.#resumed = true
  }

  #stopIfDue(run: TrainingRun): void {
    if (this.#waited < this.#patience) return
    const epochs = counted(this.#patience, 'epoch')
    run.stop(
      `EarlyStopping: no better than ${Number(this.best?.toPrecision(6))} of epoch ${this.#bestEpoch + 1} for ${epochs}`,
    )
  }
}
