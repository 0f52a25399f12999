// Callbacks: functions that training calls, and what they see of it.

import { describe, netwrightError } from '../errors.js'
import type { NamedNetwork } from '../io/model-file.js'
import type { Loss } from '../losses/loss.js'
import type { Tensor } from '../tensor/tensor.js'
import type { EpochLogs, History } from './history.js'
import type { Snapshot, Weights } from './snapshot.js'

/** Where an epoch stands, after a job of some steps (about 50 ms on the native backend). */
export interface TrainingProgress {
  /** Counted from 0. */
  readonly epoch: number
  readonly samples: number
  readonly totalSamples: number
  /** Means over the epoch's samples so far. */
  readonly loss: number
  readonly accuracy?: number
  /** Seconds of training in this epoch so far. */
  readonly seconds: number
  /** Learning rate of the last step. */
  readonly lr: number
}

/** One step: a batch that the model has learned from. */
export interface StepLogs {
  /** Counted from 0, as `step` within the epoch. */
  readonly epoch: number
  readonly step: number
  /** Samples of the batch. */
  readonly samples: number
  /** Means over the batch. */
  readonly loss: number
  readonly accuracy?: number
  /** Learning rate of the optimizer's step that the batch is part of. */
  readonly lr: number
}

/** A network with `save`: Model, Sequential. */
export interface SavableNetwork extends NamedNetwork {
  save(path: string): Promise<void>
}

/** A call of `fit`, as callbacks see it. They run between two steps: the model may be read, saved and changed. */
export interface TrainingRun {
  readonly model: SavableNetwork
  readonly loss: Loss
  /** The epochs so far. */
  readonly history: History
  /** Epochs of the whole run. */
  readonly epochs: number
  /** The epoch that runs, from 0. */
  readonly epoch: number
  /** Steps of the model so far, in all its runs. */
  readonly steps: number
  /** Factor on the learning rate that optimizer and schedule say; 1 in the beginning. */
  lrFactor: number
  /** Ends training before the next step; `history.stopReason` is then `reason`. */
  stop(reason: string): void
  /** Holds training before its next job, until `resume`. */
  pause(): void
  resume(): void
  /** Copies of the parameters and running statistics: those that validation has measured. */
  readWeights(): Weights
  /** Copies them into the model, when nobody evaluates it. */
  writeWeights(weights: Weights): Promise<void>
  /** A copy of everything that the next step depends on. */
  snapshot(): Snapshot
  /** Goes back to a snapshot of this run: its step is the next one. */
  restore(snapshot: Snapshot): void
}

/** What a checkpoint remembers of a callback: values that JSON keeps, and tensors. */
export interface CallbackState {
  readonly values: unknown
  readonly tensors?: Readonly<Record<string, Tensor>>
}

/** Functions that training calls; each may be asynchronous, and training waits for it. `epoch` counts from 0. */
export interface Callback {
  onTrainBegin?(run: TrainingRun): void | Promise<void>
  onEpochBegin?(epoch: number, run: TrainingRun): void | Promise<void>
  /** After each job, not after each step. */
  onProgress?(progress: TrainingProgress, run: TrainingRun): void | Promise<void>
  /** After each step, which is then a job of its own: 10 to 80 µs more for each. */
  onBatchEnd?(logs: StepLogs, run: TrainingRun): void | Promise<void>
  onEpochEnd?(epoch: number, logs: EpochLogs, run: TrainingRun): void | Promise<void>
  /** Not called when training fails. */
  onTrainEnd?(run: TrainingRun): void | Promise<void>
  /** Training has failed with `error`: `fit` rejects with it after this. For what `onTrainBegin` has opened. */
  onException?(error: unknown, run: TrainingRun): void | Promise<void>
  /** A step failed with `error`. Answers whether training goes on: it must have been put right, by `run.restore`. */
  onFailure?(error: unknown, run: TrainingRun): boolean | Promise<boolean>
  /** What the next call depends on; kept in checkpoints. */
  state?(): CallbackState
  /** Gets what `state` answered in the run that is resumed; called before `onTrainBegin`. */
  setState?(state: CallbackState): void
}

const callbackNames: readonly string[] = [
  'onTrainBegin',
  'onEpochBegin',
  'onProgress',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
  'onException',
  'onFailure',
] satisfies readonly (keyof Callback)[]

/** Throws ERR_ARGUMENT unless `callbacks` is a list of objects without misspelt functions. */
export function checkCallbacks(callbacks: unknown): void {
  const isList = callbacks === undefined || Array.isArray(callbacks)
  const list: readonly unknown[] = isList ? (callbacks ?? []) : []
  if (!isList || list.some((callback) => typeof callback !== 'object' || callback === null)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: callbacks is ${describe(callbacks)}, expected a list of objects such as [{ onEpochEnd() {} }]`,
      'TypeError',
    )
  }
  for (const name of list.flatMap((callback) => Object.keys(callback as object))) {
    if (!/^on[A-Z]/.test(name) || callbackNames.includes(name)) continue
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: a callback has ${name}, which is never called; there are ${callbackNames.join(', ')}`,
      'TypeError',
    )
  }
}
