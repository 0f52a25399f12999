// What fit and evaluate take, and how it is checked.

import type { Dataset, SamplesLike } from '../data/dataset.js'
import { checkOptions, describe, netwrightError, requireFlag, requireWhole } from '../errors.js'
import { type Loss, requireLoss } from '../losses/loss.js'
import { Optimizer } from '../optim/optimizer.js'
import { checkSeed } from '../random/random.js'
import type { TensorLike } from '../tensor/create.js'
import type { EpochLogs } from './history.js'

/** Where an epoch stands, after a job of some steps (about 8 ms on the native backend). */
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
}

/** Functions that training calls; each may be asynchronous, and training waits for it. `epoch` counts from 0. */
export interface Callback {
  onTrainBegin?(): void | Promise<void>
  onEpochBegin?(epoch: number): void | Promise<void>
  /** After each job, not after each step. */
  onProgress?(progress: TrainingProgress): void | Promise<void>
  onEpochEnd?(epoch: number, logs: EpochLogs): void | Promise<void>
  /** Not called when training fails: `fit` then rejects. */
  onTrainEnd?(): void | Promise<void>
}

const callbackNames: readonly string[] = [
  'onTrainBegin',
  'onEpochBegin',
  'onProgress',
  'onEpochEnd',
  'onTrainEnd',
] satisfies readonly (keyof Callback)[]

/** Samples and targets to evaluate on: a Dataset, or a pair of arrays. */
export type DataLike = Dataset | { readonly x: SamplesLike; readonly y: TensorLike }

export interface FitOptions {
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Times to go through the data. Default 1. */
  readonly epochs?: number
  /** Samples per step; the last step of an epoch may have fewer. Default 32. */
  readonly batchSize?: number
  /** Visit the samples in a new order every epoch, from the seed and the model's count of epochs. Default true. */
  readonly shuffle?: boolean
  /** Seed of that order. Default: the model's. */
  readonly seed?: number
  /**
   * L2 weight decay: adds l2 / 2 · Σ w² over the weights (not biases) to the loss, also of `validationData`, and
   * l2 · w to their gradients. From 0; default 0. Optimizers have a `weightDecay` that leaves the loss alone.
   */
  readonly l2?: number
  /** Evaluated after each epoch. */
  readonly validationData?: DataLike
  readonly callbacks?: readonly Callback[]
  /** Ends training between two chunks of a step; `fit` then resolves with the history so far, `stopped: true`. */
  readonly signal?: AbortSignal
}

export interface EvaluateOptions {
  /** Default: the loss of the last `fit`. */
  readonly loss?: Loss
  /**
   * Samples per step; does not change the result beyond rounding, but for losses with class weights or ignoreIndex:
   * their batches count by samples and not by weights. Default 500.
   */
  readonly batchSize?: number
}

/** What evaluate answers. */
export interface Evaluation {
  readonly loss: number
  /** Share of correct predictions; undefined for a loss that does not classify. */
  readonly accuracy?: number
}

const fitOptions = [
  'loss',
  'optimizer',
  'epochs',
  'batchSize',
  'shuffle',
  'seed',
  'l2',
  'validationData',
  'callbacks',
  'signal',
]

export function checkEvaluateOptions(options: EvaluateOptions): void {
  checkOptions('evaluate', options, ['loss', 'batchSize'])
}

/** Checks what TypeScript would have checked, for those who write JavaScript. */
export function checkFitOptions(options: FitOptions): void {
  checkOptions('fit', options, fitOptions)
  requireLoss('fit', options.loss)
  const wrong = (name: keyof FitOptions, expected: string): Error =>
    netwrightError('ERR_ARGUMENT', `fit: ${name} is ${describe(options[name])}, expected ${expected}`, 'TypeError')
  if (!(options.optimizer instanceof Optimizer)) {
    throw wrong('optimizer', 'an optimizer such as new SGD({ lr: 0.1 })')
  }
  if (options.epochs !== undefined) requireWhole('fit: epochs', options.epochs)
  if (options.batchSize !== undefined) requireWhole('fit: batchSize', options.batchSize)
  if (options.seed !== undefined) checkSeed('fit', options.seed)
  const { l2 = 0 } = options
  if (typeof l2 !== 'number' || !(l2 >= 0 && l2 < Number.POSITIVE_INFINITY)) throw wrong('l2', 'a finite number from 0')
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) throw wrong('signal', 'an AbortSignal')
  if (options.shuffle !== undefined) requireFlag('fit: shuffle', options.shuffle)
  const isList = options.callbacks === undefined || Array.isArray(options.callbacks)
  if (!isList || options.callbacks?.some((callback) => typeof callback !== 'object' || callback === null)) {
    throw wrong('callbacks', 'a list of objects such as [{ onEpochEnd() {} }]')
  }
  for (const name of options.callbacks?.flatMap(Object.keys) ?? []) {
    if (!/^on[A-Z]/.test(name) || callbackNames.includes(name)) continue
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: a callback has ${name}, which is never called; there are ${callbackNames.join(', ')}`,
      'TypeError',
    )
  }
}
