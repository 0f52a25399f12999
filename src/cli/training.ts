// Training as commands do it: opens model and data, trains with progress, stops at Ctrl-C, reports.

import { existsSync } from 'node:fs'
import type { Dataset } from '../data/dataset.js'
import { trainValidationSplit } from '../data/split.js'
import type { Backend } from '../kernels/backend.js'
import type { MetricLike } from '../metrics/metrics.js'
import { writeReport } from '../run-report/write-report.js'
import type { Callback } from '../train/callback.js'
import type { History } from '../train/history.js'
import type { Evaluation, FitOptions } from '../train/options.js'
import { progressCallback } from '../train/progress.js'
import { commandLine } from './command-line.js'
import type { DataSetOptions } from './data-options.js'
import { type DataSet, loadDataSet } from './data-sets.js'
import { UsageError } from './errors.js'
import { toFitOptions } from './fit-options.js'
import { type Interrupt, listenForInterrupt } from './interrupt.js'
import { keepLivePage, type LivePageSettings, livePageFor } from './live-page-options.js'
import { findModel, type OpenModel, shapedFor } from './model-source.js'
import { refuseNoCheckpoint, refuseOverwriting } from './output-files.js'
import { lossOf, optimizerOf, plainRecipe, type Recipe, type RecipeOptions } from './recipe.js'
import { asUsage, chooseBackend } from './run-options.js'
import { terminalCharts } from './terminal-charts.js'
import { flat, type Outcome, resultJson, resultText } from './training-report.js'

/** What `train` and `mnist` were told, besides the options of fit-options.ts. */
export interface TrainOptions extends DataSetOptions, RecipeOptions, LivePageSettings {
  readonly model?: string
  readonly hidden?: number
  readonly samples?: number
  readonly standardize?: true
  readonly metrics?: readonly MetricLike[]
  readonly checkpoint?: string
  readonly csv?: string
  readonly resume?: true
  readonly save?: string
  readonly report?: string
  readonly verbose?: string
  readonly json?: true
}

export const reportHelp = 'write an HTML page of the run: curves, mistakes, figures of classes and layers'

/** Trains as `options` say, and prints what came of it. */
export async function trainModel(options: TrainOptions): Promise<void> {
  const { seed, hidden } = options
  await checkFiles(options)
  const backend = chooseBackend(options)
  const settings = { seed, backend, hidden }
  const named = options.model === undefined ? undefined : await findModel(options.model, settings)
  checkWords(options, named?.recipe)
  const interrupt = listenForInterrupt()
  try {
    const all = await loadDataSet(options, { preprocessing: named?.preprocessing, signal: interrupt.signal })
    const source = named ?? (await findModel(all.model, settings))
    const opened = source.open(all.task)
    const data = splitData(firstSamples(shaped(all, opened), options), options)
    const recipe: Recipe = { ...source.recipe, ...all.recipe }
    const fitOptions = {
      epochs: recipe.epochs,
      batchSize: recipe.batchSize,
      seed,
      ...toFitOptions({ ...options }),
      loss: lossOf(options.loss, data.train.targets),
      optimizer: optimizerOf(recipe, options),
    }
    await train(opened, data, fitOptions, options, backend, interrupt)
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error
    process.stderr.write('Stopped while the data were read.\n')
    process.exitCode = 130
  } finally {
    interrupt.release()
  }
}

/** Throws a UsageError where a file that is written is one that is read, is written twice, or would be lost. */
async function checkFiles({ dataset, model, save, checkpoint, resume, csv, report }: TrainOptions): Promise<void> {
  const others = [
    ['--checkpoint', checkpoint],
    ['--csv', csv],
    ['--report', report],
  ] as const
  refuseOverwriting([['--save', save], ...others], [['--dataset', dataset]])
  // A saved model may be replaced by what it becomes.
  const isSaved = model !== undefined && !model.endsWith('.json')
  refuseOverwriting(isSaved ? others : [['--save', save], ...others], [['--model', model]])
  if (checkpoint !== undefined && resume === undefined) await refuseNoCheckpoint(checkpoint)
}

/** Of a model that the data will choose: the optimizer that takes the most options. */
const unknownRecipe: Recipe = { ...plainRecipe, optimizer: 'sgd' }

/** Wrong words are told before the data are read, which may take minutes. */
function checkWords(options: TrainOptions, recipe = unknownRecipe): void {
  toFitOptions({ ...options })
  if (options.loss !== undefined) lossOf(options.loss)
  optimizerOf(recipe, options)
}

const shaped = ({ train, test }: DataSet, opened: OpenModel): DataSet => ({
  train: shapedFor(opened, train),
  test: shapedFor(opened, test),
})

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
  opened: OpenModel,
  data: DataSet,
  fitOptions: FitOptions & { readonly epochs: number },
  options: TrainOptions,
  backend: Backend,
  interrupt: Interrupt,
): Promise<void> {
  const { model } = opened
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
  const page = await livePageFor(options, data.validation ?? data.test, interrupt)
  let history: History
  try {
    history = await model.fit(data.train, {
      ...fitOptions,
      validationData: data.validation ?? data.test,
      signal: interrupt.signal,
      callbacks: [
        position.callback,
        progressed,
        ...(fitOptions.callbacks ?? []),
        ...(page === undefined ? [] : [page]),
      ],
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
  if (stream.isTTY && verbose !== '0') {
    stream.write(terminalCharts(history, judgedOn, Math.min(80, stream.columns), process.env.NO_COLOR === undefined))
  }
  const outcome = await outcomeOf(opened, data, history, position, options, backend)
  if (options.report !== undefined) await report(options.report, opened, data, history, fitOptions, outcome)
  process.stdout.write(`${json ? resultJson(outcome) : resultText(outcome)}\n`)
  await keepLivePage(page)
}

async function report(
  path: string,
  { name, model }: OpenModel,
  { test }: DataSet,
  history: History,
  { loss, optimizer, batchSize, augment }: FitOptions,
  { dataset, parts, samplesPerSecond }: Outcome,
): Promise<void> {
  const figures = Object.entries<Evaluation>({ ...parts }).flatMap(([part, evaluation]) =>
    Object.entries(flat(evaluation)).flatMap(([name, value]) =>
      typeof value === 'number' ? [[`${part} ${name}`, value] as const] : [],
    ),
  )
  const rate = samplesPerSecond === undefined ? {} : { 'samples/s': samplesPerSecond.toLocaleString('en-US') }
  await writeReport(path, {
    model,
    history,
    test,
    loss,
    title: `${name} on ${dataset}`,
    figures: { ...Object.fromEntries(figures), ...rate },
    command: commandLine(),
    settings: {
      'data set': dataset,
      loss: loss.name,
      optimizer: optimizer.constructor.name,
      'batch size': batchSize ?? '',
      ...(augment === undefined ? {} : { augmentation: JSON.stringify(augment) }),
    },
  })
}

/** Where training stands, for whoever stops it. */
class Position {
  #epochs = 0
  #totalSamples = 0
  /** Of the epoch that has not ended. */
  samples = 0
  seconds = 0

  readonly callback: Callback = {
    onProgress: ({ epoch, samples, totalSamples, seconds }) => {
      this.#epochs = epoch
      this.#totalSamples = totalSamples
      this.samples = samples
      this.seconds = seconds
    },
    onEpochEnd: (epoch) => {
      this.#epochs = epoch + 1
      this.samples = 0
      this.seconds = 0
    },
  }

  /** The last step of an epoch may be done without its evaluation. */
  text(epochs: number): string {
    const [samples, all] = [this.samples, this.#totalSamples].map((number) => number.toLocaleString('en-US'))
    return `${this.#epochs} of ${epochs} epochs${this.samples > 0 ? ` and ${samples} of ${all} samples` : ''}`
  }
}

async function outcomeOf(
  { name, model }: OpenModel,
  { train, validation, test }: DataSet,
  history: History,
  unfinished: Position,
  { dataset, save, report, metrics = [] }: TrainOptions,
  backend: Backend,
): Promise<Outcome> {
  const seconds = history.seconds.reduce((sum, epoch) => sum + epoch, unfinished.seconds)
  const samples = history.epochs * train.length + unfinished.samples
  const evaluate = (samples: Dataset): Promise<Evaluation> => model.evaluate(samples, { metrics })
  return {
    dataset,
    model: name,
    epochs: history.epochs,
    stopReason: history.stopReason,
    health: history.entries.at(-1)?.health,
    classNames: train.classNames,
    parts: {
      train: await evaluate(train),
      ...(validation === undefined ? {} : { val: await evaluate(validation) }),
      test: await evaluate(test),
    },
    parameters: model.params.reduce((sum, { size }) => sum + size, 0),
    trainSeconds: seconds,
    // Stopped before the first step: there is none.
    samplesPerSecond: samples === 0 ? undefined : Math.round(samples / seconds),
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
    saved: save,
    report,
  }
}
