// Model: a network that can be trained.

import { Dataset, toDataset } from './data/dataset.js'
import { describe, netwrightError } from './errors.js'
import { Value } from './layers/value.js'
import type { Loss } from './losses/loss.js'
import { Graph, inputShapes, requireInputShapes } from './model/graph.js'
import { type ModelOptions, Network } from './model/network.js'
import type { Optimizer } from './optim/optimizer.js'
import type { TensorLike } from './tensor/create.js'
import type { Shape } from './tensor/shape.js'
import type { TensorData } from './tensor/tensor.js'
import { sealFor } from './train/check-data.js'
import { Evaluator } from './train/evaluate.js'
import { runTraining, type TrainingState } from './train/fit.js'
import type { History } from './train/history.js'
import {
  checkEvaluateOptions,
  checkFitOptions,
  type DataLike,
  type EvaluateOptions,
  type Evaluation,
  type FitOptions,
  requireCount,
  requireLoss,
} from './train/options.js'
import { Turns } from './train/turns.js'

/** A network with `fit` and `evaluate`: what Model and Sequential share. */
export abstract class TrainableNetwork extends Network {
  readonly #state: TrainingState = { epochs: 0, turns: new Turns() }
  readonly #moments = new WeakMap<Optimizer, readonly TensorData[]>()
  #loss: Loss | undefined

  /**
   * Trains a model with one input on a data set, or on samples `x` and targets `y` (tensors, typed arrays, nested
   * arrays).
   *
   * The native backend trains on a thread of its own; the event loop stays free. Calling `fit` again goes on from
   * where the model stands: the order of samples, and the moments and steps of an optimizer used before. An optimizer
   * belongs to one model. While `fit` runs, leave the model's layers and parameters alone; `predict` and `evaluate`
   * take their turn.
   *
   * Rejects with ERR_SHAPE where data, model and loss do not fit, ERR_LABEL for a label out of range, ERR_DATA for an
   * empty set, ERR_NOT_FINITE when the loss or a gradient is NaN or infinite, ERR_STATE while another fit of this
   * model runs or for another model's optimizer. Whatever happens, the model is as its last whole step left it.
   */
  async fit(data: DataLike, options: FitOptions): Promise<History>
  async fit(x: TensorLike, y: TensorLike, options: FitOptions): Promise<History>
  async fit(data: DataLike | TensorLike, second: TensorLike | FitOptions, third?: FitOptions): Promise<History> {
    const options = (third ?? second) as FitOptions
    checkFitOptions(options)
    if (this.fitting) throw netwrightError('ERR_STATE', 'fit: this model is being trained already; await that first')
    this.fitting = true
    try {
      const dataset = this.#dataset(data, third === undefined ? undefined : (second as TensorLike))
      const { validationData, loss, optimizer } = options
      const validation = validationData === undefined ? undefined : this.#dataset(validationData)
      const sealed = sealFor(this, dataset, loss)
      optimizer.claim(this)
      const moments = this.#moments.get(optimizer) ?? sealed.store.makeState(optimizer.stateCount)
      this.#moments.set(optimizer, moments)
      this.#loss = loss
      return await runTraining(this, sealed, dataset, validation, options, moments, this.#state)
    } finally {
      this.fitting = false
    }
  }

  /**
   * Mean loss, and accuracy where the loss classifies, over a data set. During `fit` it waits for a step to end and
   * training waits for it. Throws ERR_ARGUMENT without a loss: before the first `fit`, name one.
   */
  async evaluate(data: DataLike, options?: EvaluateOptions): Promise<Evaluation>
  async evaluate(x: TensorLike, y: TensorLike, options?: EvaluateOptions): Promise<Evaluation>
  async evaluate(
    data: DataLike | TensorLike,
    second?: TensorLike | EvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Evaluation> {
    const paired = isSamplesAndTargets(data)
    const options = (paired ? (second as EvaluateOptions | undefined) : third) ?? {}
    checkEvaluateOptions(options)
    const loss = requireLoss('evaluate', options.loss ?? this.#loss)
    const batchSize = requireCount('evaluate: batchSize', options.batchSize ?? 500)
    const dataset = this.#dataset(data, paired ? undefined : (second as TensorLike))
    const evaluator = new Evaluator(this, dataset, loss, batchSize)
    return (await this.#state.turns.take(() => evaluator.run())) as Evaluation
  }

  #dataset(data: DataLike | TensorLike, y?: TensorLike): Dataset {
    const { real } = this.backend
    if (!isSamplesAndTargets(data)) return toDataset(data, y, { real })
    if (y !== undefined) return toDataset(data as Dataset, y, { real })
    if (!(data instanceof Dataset)) return new Dataset(data.x, data.y, { real })
    const samplesFit = data.x.element === 'uint8' || data.x.element === real
    const targetsFit = data.targets === 'labels' || data.y.element === real
    return samplesFit && targetsFit ? data : new Dataset(data.x, data.y, { real })
  }
}

function isSamplesAndTargets(data: DataLike | TensorLike): data is DataLike {
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
    this.#graph = new Graph(Array.isArray(inputs) ? inputs : [inputs as Value], output)
  }

  protected get declaredInputs(): readonly Shape[] {
    return inputShapes(this.#graph)
  }

  protected makeGraph(shapes: readonly Shape[]): Graph {
    requireInputShapes(this.#graph, shapes)
    return this.#graph
  }
}
