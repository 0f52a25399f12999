// Model: a network that can be trained.

import { Dataset, inReal, type SamplesLike, toDataset } from './data/dataset.js'
import type { Preprocessing } from './data/preprocessing.js'
import { trainValidationSplit } from './data/split.js'
import { DataStream } from './data/stream.js'
import { describe, netwrightError, requireWhole } from './errors.js'
import { type LoadOptions, loadNetwork, loadWeights, saveNetwork } from './io/model-file.js'
import { checkLoadOptions, type LoadedState, type LoadStateOptions, loadState, readState } from './io/state-dict.js'
import type { ModelKind } from './io/structure.js'
import { type Backend, releaseArrays } from './kernels/backend.js'
import { Value } from './layers/value.js'
import { type Loss, requireLoss } from './losses/loss.js'
import { type MetricLike, toMetrics } from './metrics/metrics.js'
import { Graph, inputShapes, requireInputShapes } from './model/graph.js'
import { type ModelOptions, Network } from './model/network.js'
import type { ParameterStore } from './model/parameter-store.js'
import type { Optimizer } from './optim/optimizer.js'
import type { TensorLike } from './tensor/create.js'
import type { Shape } from './tensor/shape.js'
import type { Tensor, TensorData } from './tensor/tensor.js'
import type { StepLogs } from './train/callback.js'
import { sealFor } from './train/check-data.js'
import { type DataParts, openParts } from './train/data-parts.js'
import { Evaluator } from './train/evaluate.js'
import { Fit } from './train/fit.js'
import { HandOver } from './train/hand-over.js'
import { History } from './train/history.js'
import {
  checkEvaluateOptions,
  checkFitOptions,
  type DataLike,
  defaultBatchSize,
  type EvaluateOptions,
  type Evaluation,
  type FitOptions,
  type MeasuredEvaluation,
} from './train/options.js'
import type { TrainingState } from './train/training-steps.js'
import { Turns } from './train/turns.js'

/** A network with `fit`, `evaluate` and `save`: what Model and Sequential share. */
/** Gives back what dropped optimizers remembered. */
const forgotten = new FinalizationRegistry<{ readonly backend: Backend; readonly moments: readonly TensorData[] }>(
  ({ backend, moments }) => releaseArrays(backend, moments),
)

export abstract class TrainableNetwork extends Network {
  /**
   * How the samples of the model are made from raw data, and what its classes are called. `fit` sets it to that of its
   * data set, where the data set knows; `save` writes it, `load` reads it. `model.preprocessing?.apply(x)` transforms.
   */
  preprocessing: Preprocessing | undefined

  readonly #state: TrainingState = { epochs: 0, steps: 0, turns: new Turns() }
  readonly #moments = new WeakMap<Optimizer, readonly TensorData[]>()
  #loss: Loss | undefined
  #fit: Fit | undefined

  protected override get occupied(): string | undefined {
    return this.#state.turns.busy ? 'being evaluated; await evaluate first' : undefined
  }

  /**
   * Trains on a data set, on a DataStream of samples that memory does not hold, or on samples `x` and targets `y`
   * (tensors, typed arrays, nested arrays; for a model with several inputs a list of tensors as `x`).
   *
   * The native backend trains on a thread of its own; the event loop stays free. Calling `fit` again goes on from
   * where the model stands: the order of samples, and the moments and steps of an optimizer used before. Only schedules
   * that end with the run begin anew. An optimizer belongs to one model. While `fit` runs, leave the model's layers and
   * parameters alone; `predict` and `evaluate` take their turn. A rate so high that a weight overflows is found by the
   * next step, whose loss is no number.
   *
   * Rejects with ERR_SHAPE where data, model and loss do not fit, ERR_LABEL for a label out of range, ERR_DATA for an
   * empty set, ERR_NOT_FINITE when the loss or a gradient is NaN or infinite (its property `diagnosis` says which layer
   * and tensor first was, a {@link Diagnosis}), ERR_STATE while another fit of this model runs or for another model's
   * optimizer. Whatever happens, the model is as its last whole step left it.
   */
  async fit(data: DataLike, options: FitOptions): Promise<History>
  async fit(x: SamplesLike, y: TensorLike, options: FitOptions): Promise<History>
  async fit(data: DataLike | SamplesLike, second: TensorLike | FitOptions, third?: FitOptions): Promise<History> {
    const options = (third ?? second) as FitOptions
    checkFitOptions(options)
    return await this.#fitAll(data, third === undefined ? undefined : (second as TensorLike), options)
  }

  async #fitAll(data: DataLike | SamplesLike, y: TensorLike | undefined, options: FitOptions): Promise<History> {
    if (this.fitting) throw netwrightError('ERR_STATE', 'fit: this model is being trained already; await that first')
    this.fitting = true
    this.forgetPass()
    const opened: DataParts[] = []
    try {
      const all = this.#data(data, y)
      const { loss, optimizer } = options
      const parts = await this.#openAll(this.#split(all, options), options, opened)
      if (parts === undefined) return History.abortedBeforehand()
      const sealed = sealFor(this, parts.data.like, loss, toMetrics('fit', options.metrics))
      const moments = this.#momentsOf(optimizer, sealed.store)
      this.#loss = loss
      this.preprocessing = all.preprocessing ?? this.preprocessing
      this.#fit = new Fit({ network: this, sealed, ...parts, moments, state: this.#state }, options)
      return await this.#fit.run()
    } finally {
      for (const parts of opened) parts.close()
      this.#fit = undefined
      this.fitting = false
    }
  }

  /**
   * The same training, one step at a time: `for await (const { step, loss } of model.steps(data, options))`. The next step
   * runs when it is asked for; until then the model may be read and changed. Leaving the loop ends training there. Each
   * step is a job of its own, 10 to 80 µs more than in `fit`; validation and callbacks run as in `fit`.
   * Throws as `fit` rejects.
   */
  steps(data: DataLike, options: FitOptions): AsyncGenerator<StepLogs, History>
  steps(x: SamplesLike, y: TensorLike, options: FitOptions): AsyncGenerator<StepLogs, History>
  async *steps(
    data: DataLike | SamplesLike,
    second: TensorLike | FitOptions,
    third?: FitOptions,
  ): AsyncGenerator<StepLogs, History> {
    const options = (third ?? second) as FitOptions
    checkFitOptions(options)
    const handOver = new HandOver()
    const watched = { ...options, callbacks: [...(options.callbacks ?? []), handOver.callback] }
    const fitted = this.#fitAll(data, third === undefined ? undefined : (second as TensorLike), watched)
    return yield* handOver.follow(fitted)
  }

  /** Holds training before its next job, until `resume`. Nothing else waits: the model may be used meanwhile. Throws ERR_STATE while no `fit` runs. */
  pause(): void {
    this.#running('pause').pause()
  }

  /** Lets paused training go on. Throws ERR_STATE while no `fit` runs. */
  resume(): void {
    this.#running('resume').resume()
  }

  /**
   * Mean loss, accuracy where the loss classifies, and the `metrics` asked for, over a data set. During `fit` it waits
   * for a step to end and
   * training waits for it. Throws ERR_ARGUMENT without a loss: before the first `fit`, name one.
   */
  async evaluate<const Metrics extends readonly MetricLike[]>(
    data: DataLike,
    options: EvaluateOptions<Metrics> & { readonly metrics: Metrics },
  ): Promise<MeasuredEvaluation<Metrics>>
  async evaluate<const Metrics extends readonly MetricLike[]>(
    x: SamplesLike,
    y: TensorLike,
    options: EvaluateOptions<Metrics> & { readonly metrics: Metrics },
  ): Promise<MeasuredEvaluation<Metrics>>
  async evaluate(data: DataLike, options?: EvaluateOptions): Promise<Evaluation>
  async evaluate(x: SamplesLike, y: TensorLike, options?: EvaluateOptions): Promise<Evaluation>
  async evaluate(
    data: DataLike | SamplesLike,
    second?: TensorLike | EvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Evaluation> {
    const paired = data instanceof DataStream || isSamplesAndTargets(data)
    const options = (paired ? (second as EvaluateOptions | undefined) : third) ?? {}
    checkEvaluateOptions(options)
    const loss = requireLoss('evaluate', options.loss ?? this.#loss)
    const batchSize = requireWhole('evaluate: batchSize', options.batchSize ?? 500)
    const all = this.#data(data, paired ? undefined : (second as TensorLike))
    const metrics = toMetrics('evaluate', options.metrics)
    const parts = (await openParts(all, { real: this.backend.real, batchSize, epoch: 0 })) as DataParts
    let evaluator: Evaluator | undefined
    try {
      const made = new Evaluator(this, this.backend, parts, loss, batchSize, { metrics })
      evaluator = made
      const evaluation = await this.#state.turns.take(() => made.run())
      made.reportProfile()
      return evaluation as Evaluation
    } finally {
      evaluator?.release()
      parts.close()
    }
  }

  /** What saved files call it. */
  abstract readonly savedAs: ModelKind

  /**
   * Everything that the model has learned, as copies by name: `0.weight`, `0.bias`, `2.weight`, … Names and layout are
   * those of PyTorch's `nn.Sequential`: the number is the layer's first place in the graph, and weights of `Linear` are
   * (out, in). Parameters come before running statistics. During `fit`: as of the end of a step.
   * Throws ERR_STATE before the model knows the shape of its samples.
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(readState(this.requireSealed()))
  }

  /**
   * Copies tensors (typed or nested arrays) with the names and layout of `stateDict` into the model. All are checked
   * first: an error leaves the model as it was. `strict: false` leaves out what one side lacks, and answers it.
   *
   * Throws ERR_ARGUMENT for missing and unexpected names, ERR_SHAPE for a shape that does not fit, ERR_NOT_FINITE for a
   * float64 too large for float32, ERR_STATE while a training step or evaluation runs; between them, in a callback of
   * `fit`, it may be called.
   */
  loadStateDict(dictionary: Readonly<Record<string, TensorLike>>, options: LoadStateOptions = {}): LoadedState {
    checkLoadOptions('loadStateDict', options)
    this.#requireFree('loadStateDict')
    return loadState(this.requireSealed(), dictionary, options)
  }

  /**
   * Writes the whole model to one safetensors file at `path`: `stateDict()`, and the structure in the file's metadata.
   * `Model.load` makes it again; PyTorch and others read the tensors. float64 models stay float64. Optimizers and the
   * number of epochs are not in it. Written beside the old file, which it then replaces in one step, so that a failure
   * leaves that as it was. During `fit` the model is saved as of the end of a step, and training goes on.
   *
   * Rejects with ERR_STATE before the model knows the shape of its samples, ERR_ARGUMENT for a layer of your own that
   * is not registered (registerLayer) or cannot be made again, ERR_FILE where `path` cannot be written.
   */
  async save(path: string): Promise<void> {
    await saveNetwork(this, path)
  }

  /**
   * Copies the tensors of a safetensors file, such as one from PyTorch, into this model: names and layout as in
   * `stateDict`. For other names: `readSafetensors` and `loadStateDict`. Reads F32, F64, F16 and BF16.
   *
   * Rejects with ERR_FILE for a file that is missing, damaged or does not fit the model, which then stays as it was;
   * ERR_NOT_FINITE and ERR_STATE as `loadStateDict` throws them.
   */
  async loadWeights(path: string, options: LoadStateOptions = {}): Promise<LoadedState> {
    checkLoadOptions('loadWeights', options)
    return await loadWeights(path, this, options, () => this.#requireFree('loadWeights'))
  }

  /** What `optimizer` remembers of the parameters, by hand and in `fit` alike. */
  #momentsOf(optimizer: Optimizer, store: ParameterStore): readonly TensorData[] {
    const known = this.#moments.get(optimizer)
    if (known !== undefined) return known
    const moments = store.makeState(optimizer.stateCount)
    store.eachState(moments, (value, parts) => optimizer.keepIn(value, parts))
    this.#moments.set(optimizer, moments)
    forgotten.register(optimizer, { backend: this.backend, moments })
    return moments
  }

  /** A step that computes while its parameters are written would mix two models. */
  #requireFree(what: string): void {
    if (!this.#state.turns.busy) return
    throw netwrightError(
      'ERR_STATE',
      `${what}: a step of this model runs. Await fit or evaluate first, or call it in a callback of fit`,
    )
  }

  #running(what: string): Fit {
    if (this.#fit !== undefined) return this.#fit
    throw netwrightError('ERR_STATE', `${what}: this model is not being trained, expected a fit that runs`)
  }

  #split(all: Dataset | DataStream, options: FitOptions): TrainingData {
    const { validationData, validationSplit, seed = this.seed } = options
    if (validationSplit === undefined) {
      return { train: all, validation: validationData === undefined ? undefined : this.#data(validationData) }
    }
    if (all instanceof Dataset) return trainValidationSplit(all, { share: validationSplit, seed })
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: validationSplit needs all samples in memory, got ${all}; give it validationData, another stream`,
    )
  }

  /** undefined where the signal aborts before all have their first samples. `opened` is for whoever closes them. */
  async #openAll(
    { train, validation }: TrainingData,
    { batchSize = defaultBatchSize, signal }: FitOptions,
    opened: DataParts[],
  ): Promise<{ readonly data: DataParts; readonly validation: DataParts | undefined } | undefined> {
    const { real } = this.backend
    const open = async (data: Dataset | DataStream, epoch: number): Promise<DataParts | undefined> => {
      const parts = await openParts(data, { real, batchSize, epoch, signal })
      if (parts !== undefined) opened.push(parts)
      return parts
    }
    const data = await open(train, this.#state.epochs)
    if (data === undefined) return undefined
    if (validation === undefined) return { data, validation }
    const held = await open(validation, 0)
    return held && { data, validation: held }
  }

  #data(data: DataLike | SamplesLike, y?: TensorLike): Dataset | DataStream {
    const { real } = this.backend
    if (data instanceof DataStream && y === undefined) return data
    if (isIterable(data)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        'An async iterable has no length, and ends with its first epoch. Make it a stream: ' +
          'new DataStream(() => iterable, { length: samplesOfAnEpoch })',
        'TypeError',
      )
    }
    if (!isSamplesAndTargets(data)) return toDataset(data as SamplesLike, y, { real })
    if (y !== undefined) return toDataset(data as Dataset, y, { real })
    return data instanceof Dataset ? inReal(data, real) : new Dataset(data.x, data.y, { real })
  }
}

/** What a call of fit is given. */
interface TrainingData {
  readonly train: Dataset | DataStream
  readonly validation: Dataset | DataStream | undefined
}

const isIterable = (data: unknown): boolean => typeof data === 'object' && data !== null && Symbol.asyncIterator in data

function isSamplesAndTargets(data: DataLike | SamplesLike): data is Exclude<DataLike, DataStream> {
  return typeof data === 'object' && data !== null && 'x' in data && 'y' in data
}

/**
 * A model from a graph of layers:
 *
 *     const x = input([784])
 *     const h = new ReLU().apply(new Linear(50).apply(x))
 *     const model = new Model(x, new Linear(10).apply(h))
 */
export class Model extends TrainableNetwork {
  readonly #graph: Graph

  /** Throws ERR_ARGUMENT when `output` depends on an input that is not among `inputs`. */
  constructor(inputs: Value | readonly Value[], output: Value, options: ModelOptions = {}) {
    super(options)
    if (!(output instanceof Value)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Model: output is ${describe(output)}, expected a value from apply(), as in new Model(x, layer.apply(x))`,
        'TypeError',
      )
    }
    const list: readonly Value[] = Array.isArray(inputs) ? inputs : [inputs]
    const wrong = list.findIndex((value, i) => !(value instanceof Value) || list.indexOf(value) < i)
    if (list.length === 0 || wrong >= 0) {
      const what = list.length === 0 ? 'empty' : list[wrong] instanceof Value ? 'twice the same' : describe(list[wrong])
      throw netwrightError(
        'ERR_ARGUMENT',
        `Model: inputs is ${list.length === 0 ? what : `a list, in which item ${wrong} is ${what}`}, expected values ` +
          'from input(), as in new Model(x, layer.apply(x))',
        'TypeError',
      )
    }
    this.#graph = new Graph(list, output)
  }

  /**
   * The model in the file at `path`, which `save` has written; a Sequential comes as the graph that it is. `backend` as
   * in the constructor. Layers of your own are registered first (registerLayer). On a backend of the same ISA it
   * predicts what the saved one did, to the bit.
   *
   * Rejects with ERR_FILE for a file that is missing, damaged, or without a model's structure, before anything large is
   * allocated; ERR_ARGUMENT for a float64 model where no backend is named and the default is float32.
   */
  static async load(path: string, options: LoadOptions = {}): Promise<Model> {
    return await loadNetwork(path, options, (parts, given) => new Model(parts.inputs, parts.output, given))
  }

  get savedAs(): 'Model' {
    return 'Model'
  }

  protected get declaredInputs(): readonly Shape[] {
    return inputShapes(this.#graph)
  }

  protected makeGraph(shapes: readonly Shape[]): Graph {
    requireInputShapes(this.#graph, shapes)
    return this.#graph
  }
}
