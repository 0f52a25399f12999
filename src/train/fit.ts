// The training loop: epochs over recorded steps, with reports, validation and a way to stop.

import type { Dataset } from '../data/dataset.js'
import type { Network, Sealed } from '../model/network.js'
import { recordTrainingStep } from '../model/step.js'
import { permutation } from '../random/permutation.js'
import type { TensorData } from '../tensor/tensor.js'
import { checkTargets, dataSpec } from './check-data.js'
import { DataSteps, type StepOptions, type Totals } from './data-steps.js'
import { Evaluator, means } from './evaluate.js'
import { trainingError } from './failure.js'
import { type EpochLogs, History } from './history.js'
import { type FitOptions, requireCount } from './options.js'
import type { Turns } from './turns.js'

const evaluationBatch = 500

/**
 * Trains `network` on `dataset`. `state` holds the optimizer's moments; `turns` is shared with whoever else uses the
 * model. Throws ERR_LABEL, ERR_SHAPE, ERR_NOT_FINITE as `Model.fit` documents.
 */
export async function runTraining(
  network: Network,
  sealed: Sealed,
  dataset: Dataset,
  validation: Dataset | undefined,
  options: FitOptions,
  state: readonly TensorData[],
  turns: Turns,
): Promise<History> {
  const { loss, optimizer, signal, callbacks = [] } = options
  const epochs = requireCount('fit: epochs', options.epochs ?? 1)
  const batchSize = requireCount('fit: batchSize', options.batchSize ?? 32)
  const { graph, store, regions } = sealed
  checkTargets(dataset, graph.output.shape, loss)
  const stateSlots = state.map((view, i) => ({ slot: `state${i}`, view }))
  const recording = recordTrainingStep(
    graph,
    dataSpec(dataset),
    loss,
    optimizer,
    store.ranges(state),
    network.backend.real,
    [...regions, ...stateSlots],
  )
  const slots = Object.fromEntries(stateSlots.map(({ slot, view }) => [slot, view]))
  const steps = new DataSteps(network.backend, sealed, recording, dataset, batchSize, slots)
  const evaluator =
    validation === undefined ? undefined : new Evaluator(network, sealed, validation, loss, evaluationBatch)

  const history = new History()
  const each = async (run: (callback: (typeof callbacks)[number]) => void | Promise<void>): Promise<void> => {
    for (const callback of callbacks) await run(callback)
  }
  await each((callback) => callback.onTrainBegin?.())
  for (let epoch = 0; epoch < epochs; epoch++) {
    await each((callback) => callback.onEpochBegin?.(epoch))
    if (options.shuffle !== false) permutation(dataset.length, options.seed ?? network.seed, epoch, steps.order)
    const result = await steps.pass({
      signal,
      turn: (work) => turns.take(work),
      ...follow(options, epoch, dataset.length),
    })
    if (result.end === 'failed') {
      const step = Math.floor(result.cursor / Math.min(batchSize, dataset.length)) + 1
      throw trainingError(result, steps.order, `epoch ${epoch + 1}, step ${step}`)
    }
    if (result.end === 'stopped') {
      history.stopped = true
      break
    }
    const measured = evaluator === undefined ? undefined : await turns.take(() => evaluator.run(signal))
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
    }
    history.push(logs)
    await each((callback) => callback.onEpochEnd?.(epoch, logs))
  }
  await each((callback) => callback.onTrainEnd?.())
  return history
}

/** Gives each step its rate, counts the optimizer's steps, and reports progress. */
function follow(
  { optimizer, loss, callbacks = [] }: FitOptions,
  epoch: number,
  totalSamples: number,
): Pick<StepOptions, 'fillStep' | 'onJob'> {
  let counted = 0
  return {
    fillStep: (set, i) => {
      const row = optimizer.stepRow(optimizer.steps + i + 1)
      for (const name of optimizer.stepValues) set(name, row[name] as number)
    },
    onJob: (totals: Readonly<Totals>) => {
      optimizer.advance(totals.steps - counted)
      counted = totals.steps
      const { samples, milliseconds } = totals
      const progress = { epoch, samples, totalSamples, ...means(totals, loss), seconds: milliseconds / 1e3 }
      for (const callback of callbacks) callback.onProgress?.(progress)
    },
  }
}
