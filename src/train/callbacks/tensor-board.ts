// TensorBoard: losses, metrics and weights as TensorBoard's event files.

import { join } from 'node:path'
import { checkOptions, describe, netwrightError, requireFlag, requireWhole } from '../../errors.js'
import type { MetricValue } from '../../metrics/metric.js'
import { namedState } from '../../model/named-state.js'
import type { Callback, CallbackState, SavableNetwork, TrainingProgress, TrainingRun } from '../callback.js'
import { type Summary, toHistogram } from '../event-files/event.js'
import { EventFile } from '../event-files/event-file.js'
import type { EpochLogs } from '../history.js'
import { EpochNumbers } from './epoch-numbers.js'

export interface TensorBoardOptions {
  /** The run's folder, made where it is missing: a folder for each run, all of them in one that TensorBoard is given. */
  readonly dir: string
  /** Also write the epoch's means so far every so many steps, at the end of the job that reaches them. Default: never. */
  readonly everySteps?: number
  /** Also write a histogram of each parameter after every epoch. Default false. */
  readonly histograms?: boolean
}

/**
 * Writes event files for TensorBoard, with the folders and names that Keras' callback of this name uses, so that runs
 * of both lie over each other:
 *
 *     await model.fit(train, { …, callbacks: [new TensorBoard({ dir: 'runs/first', histograms: true })] })
 *     // tensorboard --logdir runs
 *
 * After each epoch, at its number from 0, in `dir/train`: `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate`,
 * `epoch_samples_per_second`, `epoch_NAME` for each metric that is a number, and `0.weight/histogram`, … of the finite
 * weights, by the names of `stateDict`. In `dir/validation`, where there is such data: `epoch_loss`, `epoch_accuracy`,
 * `epoch_NAME`. With `everySteps`, at the model's number of steps, in `dir/train`: `batch_loss`, `batch_accuracy`.
 * Values are float32.
 *
 * A further `fit` with the same object counts the epochs on where it begins with epoch 0. Of a run resumed from a
 * checkpoint, or from `initialEpoch`, TensorBoard replaces the epochs that it has already (with `--load_fast=false` it
 * shows both). `fit` rejects with ERR_FILE, before it trains, where files cannot be written in `dir`.
 */
export class TensorBoard implements Callback {
  readonly dir: string
  readonly everySteps: number | undefined
  readonly histograms: boolean
  #train: EventFile | undefined
  #validation: EventFile | undefined
  #lastEpoch = -1
  #lastStep = 0
  readonly #epochs = new EpochNumbers()

  constructor(options: TensorBoardOptions) {
    checkOptions('TensorBoard', options, ['dir', 'everySteps', 'histograms'])
    const { dir, everySteps, histograms = false } = options
    if (typeof dir !== 'string' || dir === '') {
      throw netwrightError(
        'ERR_ARGUMENT',
        `TensorBoard: dir is ${describe(dir)}, expected a folder's path`,
        'TypeError',
      )
    }
    this.dir = dir
    this.everySteps = everySteps === undefined ? undefined : requireWhole('TensorBoard: everySteps', everySteps)
    this.histograms = requireFlag('TensorBoard: histograms', histograms)
  }

  async onTrainBegin(run: TrainingRun): Promise<void> {
    this.#epochs.begin(run.epoch, this.#lastEpoch)
    this.#lastStep = run.steps
    this.#train ??= await EventFile.create(join(this.dir, 'train'))
    // A file of an earlier fit may not be writable any more.
    await this.#train.append(0, [])
  }

  async onProgress({ loss, accuracy }: TrainingProgress, { steps }: TrainingRun): Promise<void> {
    const { everySteps } = this
    if (everySteps === undefined) return
    const due = Math.floor(steps / everySteps) !== Math.floor(this.#lastStep / everySteps)
    this.#lastStep = steps
    if (due) await this.#train?.append(steps, scalars('batch', { loss, accuracy }))
  }

  async onEpochEnd(epoch: number, logs: EpochLogs, { model }: TrainingRun): Promise<void> {
    this.#lastEpoch = this.#epochs.of(epoch)
    const { loss, accuracy, lr, samplesPerSecond, metrics, valLoss, valAccuracy, valMetrics } = logs
    const rates = { learning_rate: lr, samples_per_second: samplesPerSecond }
    await this.#train?.append(this.#lastEpoch, [
      ...scalars('epoch', { loss, accuracy, ...rates, ...metrics }),
      ...(this.histograms ? weights(model) : []),
    ])
    const measured = scalars('epoch', { loss: valLoss, accuracy: valAccuracy, ...valMetrics })
    if (measured.length === 0) return
    this.#validation ??= await EventFile.create(join(this.dir, 'validation'))
    await this.#validation.append(this.#lastEpoch, measured)
  }

  state(): CallbackState {
    return this.#epochs.state()
  }

  setState(state: CallbackState): void {
    this.#epochs.setState(state)
  }
}

function weights(model: SavableNetwork): Summary[] {
  return namedState(model.requireSealed().graph).parameters.flatMap(({ name, parameter }) => {
    const value = toHistogram(parameter.value.data)
    return value === undefined ? [] : [{ tag: `${name}/histogram`, value }]
  })
}

/** Those of `values` that are numbers, as `prefix_NAME`. */
function scalars(prefix: string, values: Readonly<Record<string, MetricValue | undefined>>): Summary[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [{ tag: `${prefix}_${name}`, value }] : [],
  )
}
