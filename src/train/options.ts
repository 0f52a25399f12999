// What fit and evaluate take, and how it is checked.

import type { Dataset, SamplesLike } from '../data/dataset.js'
import type { DataStream } from '../data/stream.js'
import { checkOptions, describe, netwrightError, requireFlag, requireNumber, requireWhole } from '../errors.js'
import { type Loss, requireLoss } from '../losses/loss.js'
import type { MetricValue } from '../metrics/metric.js'
import { type MetricLike, type MetricValues, toMetrics } from '../metrics/metrics.js'
import { type AugmentOptions, augmentSettings } from '../model/augment-options.js'
import { Optimizer } from '../optim/optimizer.js'
import { requirePositive } from '../optim/options.js'
import { checkSeed } from '../random/random.js'
import type { TensorLike } from '../tensor/create.js'
import { type Callback, checkCallbacks } from './callback.js'
import { type CheckpointOptions, toCheckpointOptions } from './checkpoint.js'
import { checkGroups, type GroupOptions } from './groups.js'

/** Samples and targets: a Dataset, a DataStream, or a pair of arrays. */
export type DataLike = Dataset | DataStream | { readonly x: SamplesLike; readonly y: TensorLike }

/** Samples per step where `fit` is not told. */
export const defaultBatchSize = 32

export interface FitOptions {
  readonly loss: Loss
  readonly optimizer: Optimizer
  /** Times to go through the data. Default 1. */
  readonly epochs?: number
  /** Samples per step; the last step of an epoch may have fewer. Default 32. */
  readonly batchSize?: number
  /**
   * Visit the samples in a new order every epoch, from the seed and the model's count of epochs; those of a DataStream
   * within each of its buffers. Default true.
   */
  readonly shuffle?: boolean
  /** Seed of that order, and of `augment`. Default: the model's. */
  readonly seed?: number
  /**
   * L2 weight decay: adds l2 / 2 · Σ w² over the weights (not biases) to the loss, also of `validationData`, and
   * l2 · w to their gradients. From 0; default 0. Optimizers have a `weightDecay` that leaves the loss alone.
   */
  readonly l2?: number
  /**
   * The largest L2 norm that all gradients together may have: larger ones are scaled down to it, as by PyTorch's
   * clip_grad_norm_. Above 0; default: no limit. After l2, and after `clipValue`.
   */
  readonly clipNorm?: number
  /** The largest size that an element of a gradient may have: larger ones are set to it. Above 0; default: no limit. */
  readonly clipValue?: number
  /**
   * Batches of one step of the optimizer, which moves on the mean gradient of all their samples: as a batch of so many
   * times batchSize, but for rounding, batch normalisation and losses with class weights or ignoreIndex, and with the
   * memory of a single one. The last step of an epoch may have fewer. Schedules count the optimizer's steps. A stop
   * discards the batches since the last one. Default 1.
   */
  readonly accumulate?: number
  /**
   * Layers that are trained in a way of their own: `[{ layers: backbone, lrFactor: 0.1 }, { layers: embedding,
   * weightDecay: false }]`. What is in no group is trained as the optimizer says.
   */
  readonly groups?: readonly GroupOptions[]
  /**
   * Averages the weights over the optimizer's steps: after each, average = d · average + (1 - d) · weights, with d =
   * min(ema, (1 + t) / (10 + t)) at step t = 0, 1, 2, … of the run, as TensorFlow's ExponentialMovingAverage with
   * num_updates. Such as 0.999. Validation measures the average; the model holds it in `onEpochEnd` and when fit ends,
   * however it ends, and the next fit begins from it. Running statistics are not averaged. Above 0, below 1; default: no
   * average.
   */
  readonly ema?: number
  /**
   * Changes the samples at random, anew in every epoch, as they are trained on: `{ shift: 2, rotate: 10, flip:
   * 'horizontal' }`. From `seed`, the number of the sample and the model's count of epochs alone. `evaluate` and
   * `validationData` see them as they are. Default: no change.
   */
  readonly augment?: AugmentOptions
  /** Evaluated after each epoch. */
  readonly validationData?: DataLike
  /**
   * Keeps this share of the training data back, between 0 and 1, drawn at random from `seed`, and evaluates on it after
   * each epoch. Not beside `validationData`.
   */
  readonly validationSplit?: number
  /** The epoch, from 0, at which to begin: of `epochs` the rest is trained, and schedules begin there. Default 0. */
  readonly initialEpoch?: number
  /**
   * Measures at the end of each epoch how training does, layer by layer, with advice: `logs.health`, to print. Takes a
   * forward pass over the last batch and a copy of the parameters; changes nothing of the training. Default false.
   */
  readonly health?: boolean
  /** Most threads of this training, its validation included; the bits are the same. Default: the backend's. */
  readonly threads?: number
  /**
   * What to measure besides, of the training batches as they were trained and of `validationData`: in `logs.metrics`,
   * `logs.valMetrics` and the history. A loss stands for its mean per sample.
   */
  readonly metrics?: readonly MetricLike[]
  /**
   * What to show on stderr: 0 nothing; 1 a bar for each epoch on a terminal, elsewhere a line; 2 a line for each epoch.
   * Default 0.
   */
  readonly verbose?: 0 | 1 | 2
  readonly callbacks?: readonly Callback[]
  /** Ends training between two chunks of a step; `fit` then resolves with the history so far, `stopped: true`. */
  readonly signal?: AbortSignal
  /**
   * Writes everything that the run depends on to this file: after each epoch, at the end, also where `signal` ends it,
   * and as often as the options say. It is also a model's file, for `loadModel`.
   */
  readonly checkpoint?: string | CheckpointOptions
  /**
   * Goes on from the checkpoint, if there is one, to the bits of an uninterrupted run: with the same model, data, options
   * and callbacks that have a `state`, on the same ISA; other callbacks, and `fit` or `steps`, may differ. `epochs` may be
   * more. Needs `checkpoint`. Default false.
   */
  readonly resume?: boolean
}

export interface EvaluateOptions<Metrics extends readonly MetricLike[] = readonly MetricLike[]> {
  /** Default: the loss of the last `fit`. */
  readonly loss?: Loss
  /**
   * Samples per step; does not change the result beyond rounding, but for losses with class weights or ignoreIndex:
   * their batches count by samples and not by weights. Default 500.
   */
  readonly batchSize?: number
  /** What to measure besides: `[topK(5), 'accuracy', mae()]`. A loss stands for its mean per sample. */
  readonly metrics?: Metrics
}

/** What evaluate answers. */
export interface Evaluation {
  readonly loss: number
  /** Share of correct predictions; undefined for a loss that does not classify. */
  readonly accuracy?: number
  /** Of the metrics that were asked for, by name; undefined where none were. */
  readonly metrics?: Readonly<Record<string, MetricValue>>
}

/** What evaluate answers where it was asked for metrics. */
export interface MeasuredEvaluation<Metrics extends readonly MetricLike[]> extends Omit<Evaluation, 'metrics'> {
  readonly metrics: MetricValues<Metrics>
}

const fitOptions = [
  'loss',
  'optimizer',
  'epochs',
  'batchSize',
  'shuffle',
  'seed',
  'l2',
  'clipNorm',
  'clipValue',
  'accumulate',
  'groups',
  'ema',
  'augment',
  'validationData',
  'validationSplit',
  'initialEpoch',
  'health',
  'threads',
  'metrics',
  'verbose',
  'callbacks',
  'signal',
  'checkpoint',
  'resume',
]

export function checkEvaluateOptions(options: EvaluateOptions): void {
  checkOptions('evaluate', options, ['loss', 'batchSize', 'metrics'])
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
  toMetrics('fit', options.metrics)
  const { l2 = 0 } = options
  if (typeof l2 !== 'number' || !(l2 >= 0 && l2 < Number.POSITIVE_INFINITY)) throw wrong('l2', 'a finite number from 0')
  if (options.clipNorm !== undefined) requirePositive('fit: clipNorm', options.clipNorm)
  if (options.clipValue !== undefined) requirePositive('fit: clipValue', options.clipValue)
  if (options.accumulate !== undefined) requireWhole('fit: accumulate', options.accumulate)
  if (options.groups !== undefined) checkGroups(options.groups)
  if (options.ema !== undefined) {
    requireNumber('fit: ema', options.ema, 'a number above 0, below 1, such as 0.999', (ema) => ema > 0 && ema < 1)
  }
  if (options.augment !== undefined) augmentSettings('fit: augment', options.augment)
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) throw wrong('signal', 'an AbortSignal')
  if (options.shuffle !== undefined) requireFlag('fit: shuffle', options.shuffle)
  checkCallbacks(options.callbacks)
  const levels: readonly unknown[] = [undefined, 0, 1, 2]
  if (!levels.includes(options.verbose)) throw wrong('verbose', '0, 1 or 2')
  const { validationSplit, validationData, initialEpoch, epochs = 1, checkpoint, resume } = options
  if (validationSplit !== undefined) {
    const isShare = (share: number): boolean => share > 0 && share < 1
    requireNumber('fit: validationSplit', validationSplit, 'a number between 0 and 1', isShare)
    if (validationData !== undefined) throw wrong('validationSplit', 'none beside validationData')
  }
  if (initialEpoch !== undefined && requireWhole('fit: initialEpoch', initialEpoch, 0) > epochs) {
    throw wrong('initialEpoch', `at most epochs, ${epochs}`)
  }
  if (checkpoint !== undefined) toCheckpointOptions(checkpoint)
  if (resume !== undefined) requireFlag('fit: resume', resume)
  if (options.health !== undefined) requireFlag('fit: health', options.health)
  if (resume && checkpoint === undefined)
    throw wrong('resume', "a checkpoint to resume from: checkpoint: 'run.safetensors'")
}
