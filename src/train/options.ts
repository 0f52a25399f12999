// What fit and evaluate take, and how it is checked.

import type { Dataset } from '../data/dataset.js'
import { describe, netwrightError } from '../errors.js'
import { Loss } from '../losses/loss.js'
import { Optimizer } from '../optim/optimizer.js'
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
  /** After each job, not after each step. Not awaited. */
  onProgress?(progress: TrainingProgress): void
  onEpochEnd?(epoch: number, logs: EpochLogs): void | Promise<void>
  onTrainEnd?(): void | Promise<void>
}

/** Samples and targets to evaluate on: a Dataset, or a pair of arrays. */
export type DataLike = Dataset | { readonly x: TensorLike; readonly y: TensorLike }

export interface FitOptions {
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Times to go through the data. Default 1. */
  readonly epochs?: number
  /** Samples per step; the last step of an epoch may have fewer. Default 32. */
  readonly batchSize?: number
  /** Visit the samples in a new order, from the seed and the epoch, every epoch. Default true. */
  readonly shuffle?: boolean
  /** Seed of that order. Default: the model's. */
  readonly seed?: number
  /** Evaluated after each epoch. */
  readonly validationData?: DataLike
  readonly callbacks?: readonly Callback[]
  /** Ends training between two chunks of a step; `fit` then resolves with the history so far, `stopped: true`. */
  readonly signal?: AbortSignal
}

export interface EvaluateOptions {
  /** Default: the loss of the last `fit`. */
  readonly loss?: Loss
  /** Samples per step; does not change the result beyond rounding. Default 500. */
  readonly batchSize?: number
}

/** What evaluate answers. */
export interface Evaluation {
  readonly loss: number
  /** Share of correct predictions; undefined for a loss that does not classify. */
  readonly accuracy?: number
}

export function requireCount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw netwrightError('ERR_ARGUMENT', `${name} is ${describe(value)}, expected a whole number from 1`, 'RangeError')
}

export function requireLoss(where: string, value: unknown): Loss {
  if (value instanceof Loss) return value
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: loss is ${describe(value)}, expected a loss such as crossEntropy()`,
    'TypeError',
  )
}

const knownOptions = [
  'loss',
  'optimizer',
  'epochs',
  'batchSize',
  'shuffle',
  'seed',
  'validationData',
  'callbacks',
  'signal',
]

/** Checks what TypeScript would have checked, for those who write JavaScript. */
export function checkFitOptions(options: FitOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: options is ${describe(options)}, expected { loss, optimizer, … }`,
      'TypeError',
    )
  }
  const unknown = Object.keys(options).find((name) => !knownOptions.includes(name))
  if (unknown !== undefined) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: unknown option '${unknown}', expected ${knownOptions.join(', ')}`,
      'TypeError',
    )
  }
  requireLoss('fit', options.loss)
  if (!(options.optimizer instanceof Optimizer)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: optimizer is ${describe(options.optimizer)}, expected an optimizer such as new SGD({ lr: 0.1 })`,
      'TypeError',
    )
  }
  if (options.epochs !== undefined) requireCount('fit: epochs', options.epochs)
  if (options.batchSize !== undefined) requireCount('fit: batchSize', options.batchSize)
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: signal is ${describe(options.signal)}, expected an AbortSignal`,
      'TypeError',
    )
  }
}
