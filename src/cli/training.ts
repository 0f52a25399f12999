// Training as commands do it: opens model and data, trains with progress, stops at Ctrl-C, reports.

import { existsSync } from 'node:fs'
import type { Dataset } from '../data/dataset.js'
import { trainValidationSplit } from '../data/split.js'
import type { Backend } from '../kernels/backend.js'
import type { MetricLike } from '../metrics/metrics.js'
import type { Callback } from '../train/callback.js'
import type { History } from '../train/history.js'
import type { Evaluation, FitOptions } from '../train/options.js'
import { progressCallback } from '../train/progress.js'
import { commandLine } from './command-line.js'
import { type DataSet, type DataSetName, dataSets, loadDataSet } from './data-sets.js'
import { UsageError } from './errors.js'
import { toFitOptions } from './fit-options.js'
import { type Interrupt, listenForInterrupt } from './interrupt.js'
import { type ModelSource, openModel } from './model-source.js'
import { lossOf, optimizerOf, type RecipeOptions } from './recipe.js'
import { asUsage, chooseBackend, type RunOptions } from './run-options.js'
import { type Outcome, resultJson, resultText } from './training-report.js'

/** What `train` and `mnist` were told, besides the options of fit-options.ts. */
export interface TrainOptions extends RunOptions, RecipeOptions {
  readonly dataset: DataSetName
  readonly model?: string
  readonly hidden?: number
  readonly samples?: number
  readonly seed: number
  readonly metrics?: readonly MetricLike[]
  readonly checkpoint?: string
  readonly resume?: true
  readonly save?: string
  readonly verbose?: string
  readonly json?: true
}

/** Trains as `options` say, and prints what came of it. */
export async function trainModel(options: TrainOptions): Promise<void> {
  const { dataset, seed, hidden } = options
  const backend = chooseBackend(options)
  const interrupt = listenForInterrupt()
  try {
    const source = await openModel(options.model ?? dataSets[dataset].model, { seed, backend, hidden })
    const { recipe } = source
    const fitOptions = {
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      seed,
      ...toFitOptions({ ...options }),
      loss: lossOf(options.loss),
      optimizer: optimizerOf(recipe, options),
    }
    const data = splitData(firstSamples(await loadDataSet(dataset, options, source), options), options)
    await train(source, data, fitOptions, options, backend, interrupt)
  } finally {
    interrupt.release()
  }
}

/** Only the first `--samples` to train on. */
function firstSamples({ train, test }: DataSet, { samples, dataset }: TrainOptions): DataSet {
  if (samples === undefined) return { train, test }
  if (samples <= train.length) return { train: train.slice(0, samples), test }
  throw new UsageError(`--samples is ${samples}, the data set ${dataset} has ${train.length} samples to train on`)
}

/** Keeps `--validation-split` of the training data back: as `fit` would, but here both parts are evaluated in the end. */
function splitData({ train, test }: DataSet, { validationSplit, seed }: TrainOptions): DataSet {
  if (validationSplit === undefined) return { train, test }
  return { ...trainValidationSplit(train, { share: validationSplit, seed }), test }
}

async function train(
  source: ModelSource,
  data: DataSet,
  fitOptions: FitOptions & { readonly epochs: number },
  options: TrainOptions,
  backend: Backend,
  interrupt: Interrupt,
): Promise<void> {
  const { model } = source
  const { verbose = '1', json } = options
  const { epochs } = fitOptions
  const stream = json ? process.stderr : process.stdout
  const judgedOn = data.validation === undefined ? 'test' : 'val'
  const progress = progressCallback({ stream, epochs, judgedOn, lines: verbose === '2' })
  interrupt.onForce = progress.stop
  const position = new Position()
  const { checkpoint, resume } = options
  if (resume && checkpoint !== undefined && verbose !== '0') {
    stream.write(
      existsSync(checkpoint) ? `Going on from ${checkpoint}\n` : `No ${checkpoint} yet: from the beginning\n`,
    )
  }
  const progressed = verbose === '0' ? {} : progress.callback
  let history: History
  try {
    history = await model.fit(data.train, {
      ...fitOptions,
      validationData: data.validation ?? data.test,
      signal: interrupt.signal,
      callbacks: [position.callback, progressed, ...(fitOptions.callbacks ?? [])],
    })
  } catch (error) {
    // A checkpoint of another run: what was said does not fit to it.
    throw asUsage(error, 'ERR_ARGUMENT')
  } finally {
    progress.stop()
  }
  if (history.stopped && interrupt.signal.aborted) {
    const resumption = checkpoint === undefined ? '' : `Go on with: ${commandLine(['--resume'])}\n`
    process.stderr.write(`Stopped after ${position.text(epochs)}, between two steps.\n${resumption}`)
    process.exitCode = 130
    return
  }
  if (options.save !== undefined) await model.save(options.save)
  const outcome = await outcomeOf(source, data, history, options, backend)
  process.stdout.write(`${json ? resultJson(outcome) : resultText(outcome)}\n`)
}

/** Where training stands, for whoever stops it. */
class Position {
  #epochs = 0
  #samples = 0
  #totalSamples = 0

  readonly callback: Callback = {
    onProgress: ({ epoch, samples, totalSamples }) => {
      this.#epochs = epoch
      this.#samples = samples
      this.#totalSamples = totalSamples
    },
    onEpochEnd: (epoch) => {
      this.#epochs = epoch + 1
      this.#samples = 0
    },
  }

  /** The last step of an epoch may be done without its evaluation. */
  text(epochs: number): string {
    const [samples, all] = [this.#samples, this.#totalSamples].map((number) => number.toLocaleString('en-US'))
    return `${this.#epochs} of ${epochs} epochs${this.#samples > 0 ? ` and ${samples} of ${all} samples` : ''}`
  }
}

async function outcomeOf(
  { name, model }: ModelSource,
  { train, validation, test }: DataSet,
  history: History,
  { dataset, save, metrics = [] }: TrainOptions,
  backend: Backend,
): Promise<Outcome> {
  const seconds = history.seconds.reduce((sum, epoch) => sum + epoch, 0)
  const evaluate = (samples: Dataset): Promise<Evaluation> => model.evaluate(samples, { metrics })
  return {
    dataset,
    model: name,
    epochs: history.epochs,
    stopReason: history.stopReason,
    health: history.entries.at(-1)?.health,
    parts: {
      train: await evaluate(train),
      ...(validation === undefined ? {} : { val: await evaluate(validation) }),
      test: await evaluate(test),
    },
    parameters: model.params.reduce((sum, { size }) => sum + size, 0),
    trainSeconds: seconds,
    samplesPerSecond: Math.round((history.epochs * train.length) / seconds),
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
    saved: save,
  }
}
