// The training loop: epochs over recorded steps, with reports, validation and a way to stop.

import type { Dataset } from '../data/dataset.js'
import type { RunResult } from '../kernels/plan.js'
import type { Network, Sealed } from '../model/network.js'
import { recordTrainingStep, stepColumn } from '../model/step.js'
import { permutation } from '../random/permutation.js'
import { type Run, valueAt } from '../schedules/schedule.js'
import type { TensorData } from '../tensor/tensor.js'
import { dataSpec } from './check-data.js'
import { DataSteps, type StepOptions, type Totals } from './data-steps.js'
import { Evaluator, means } from './evaluate.js'
import { stepError } from './failure.js'
import { type EpochLogs, History } from './history.js'
import type { Callback, FitOptions } from './options.js'
import type { Turns } from './turns.js'

/** What a model remembers from one call of `fit` to the next. */
export interface TrainingState {
  /** Whole epochs so far: the order of samples follows from the seed and this. */
  epochs: number
  /** Steps so far: the random numbers of a step follow from the seed and this. */
  steps: number
  /** Shared with whoever else uses the model. */
  readonly turns: Turns
}

/** This call, as schedules see it. */
interface FitRun extends Run {
  step: number
  /** Steps of the optimizer before it. */
  readonly begin: number
}

/**
 * Trains `network` on `dataset`. `moments` is the optimizer's memory.
 * Throws ERR_LABEL, ERR_SHAPE, ERR_NOT_FINITE as `Model.fit` documents.
 */
export async function runTraining(
  network: Network,
  sealed: Sealed,
  dataset: Dataset,
  validation: Dataset | undefined,
  options: FitOptions,
  moments: readonly TensorData[],
  state: TrainingState,
): Promise<History> {
  const { loss, optimizer, signal, callbacks = [], seed = network.seed } = options
  const epochs = options.epochs ?? 1
  const batchSize = options.batchSize ?? 32
  const steps = trainingSteps(network, sealed, dataset, options, moments, batchSize)
  const evaluator =
    validation === undefined
      ? undefined
      : about('validationData', () => new Evaluator(network, validation, loss, batchSize, options.l2))
  // All fits together: from now on the optimizer is this model's.
  optimizer.claim(network)

  const run: FitRun = { begin: optimizer.steps, step: 0, steps: epochs * Math.ceil(dataset.length / batchSize) }
  const history = new History()
  const each = async (call: (callback: Callback) => void | Promise<void>): Promise<void> => {
    for (const callback of callbacks) await call(callback)
  }
  await each((callback) => callback.onTrainBegin?.())
  for (let epoch = 0; epoch < epochs; epoch++) {
    await each((callback) => callback.onEpochBegin?.(epoch))
    if (options.shuffle !== false) permutation(dataset.length, seed, state.epochs, steps.order)
    const result = await steps.pass({
      signal,
      turn: (work) => state.turns.take(work),
      ...follow(options, epoch, dataset.length, state, run),
    })
    if (result.end === 'failed') {
      const step = Math.floor(result.cursor / Math.min(batchSize, dataset.length)) + 1
      throw stepError(result.failure as RunResult, {
        what: 'Training',
        where: `epoch ${epoch + 1}, step ${step}`,
        sampleAt: (row) => steps.order[result.cursor + row],
        loss,
      })
    }
    if (result.end === 'stopped') {
      history.stopped = true
      break
    }
    state.epochs++
    const measured = evaluator === undefined ? undefined : await state.turns.take(() => evaluator.run(signal))
    if (evaluator !== undefined && measured === undefined) {
      history.stopped = true
      break
    }
    const seconds = result.totals.milliseconds / 1e3
    const logs: EpochLogs = {
      ...means(result.totals, loss),
      ...(measured === undefined ? {} : { valLoss: measured.loss }),
      ...(measured?.accuracy === undefined ? {} : { valAccuracy: measured.accuracy }),
      seconds,
      samplesPerSecond: dataset.length / seconds,
      lr: valueAt(optimizer.lr, optimizer.steps, run),
    }
    history.push(logs)
    await each((callback) => callback.onEpochEnd?.(epoch, logs))
  }
  await each((callback) => callback.onTrainEnd?.())
  steps.reportProfile(`training of ${network}`)
  evaluator?.reportProfile()
  return history
}

/** The training step of `network`, recorded, over the data. */
function trainingSteps(
  network: Network,
  sealed: Sealed,
  dataset: Dataset,
  { loss, optimizer, l2 = 0 }: FitOptions,
  moments: readonly TensorData[],
  batchSize: number,
): DataSteps {
  const { graph, store, regions } = sealed
  const momentSlots = moments.map((view, i) => ({ slot: `moments${i}`, view }))
  const recording = recordTrainingStep(
    graph,
    dataSpec(dataset),
    { loss, l2, ranges: store.ranges(moments) },
    optimizer,
    network.seed,
    network.backend.real,
    [...regions, ...momentSlots],
  )
  const slots = Object.fromEntries(momentSlots.map(({ slot, view }) => [slot, view]))
  return new DataSteps(network.backend, sealed, recording, dataset, batchSize, slots)
}

/** Runs `work`; an error that it throws says what it is about. */
function about<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error) error.message = `${what}: ${error.message}`
    throw error
  }
}

/** Gives each step its number and its rate, counts steps, and reports progress. */
function follow(
  { optimizer, loss, callbacks = [] }: FitOptions,
  epoch: number,
  totalSamples: number,
  state: TrainingState,
  run: FitRun,
): Pick<StepOptions, 'fillStep' | 'onJob'> {
  let counted = 0
  return {
    fillStep: (set, i) => {
      set(stepColumn, state.steps + i)
      run.step = optimizer.steps - run.begin + i
      optimizer.setStepValues(optimizer.steps + i + 1, set, run)
    },
    onJob: async (totals: Readonly<Totals>) => {
      optimizer.advance(totals.steps - counted)
      state.steps += totals.steps - counted
      counted = totals.steps
      if (totals.samples === 0) return
      const { samples, milliseconds } = totals
      const progress = { epoch, samples, totalSamples, ...means(totals, loss), seconds: milliseconds / 1e3 }
      for (const callback of callbacks) await callback.onProgress?.(progress)
    },
  }
}
