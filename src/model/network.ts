// Network: a graph of layers with its parameters in memory; forward, backward and predict. Training is in train/.

import { checkOptions, describe, netwrightError, requireWhole } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import type { Backend, Lock } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { reportProfileAtExit } from '../kernels/profile-report.js'
import type { Region } from '../kernels/recorder.js'
import { Pass } from '../layers/node.js'
import type { Parameter } from '../layers/parameter.js'
import { requireSameRows } from '../layers/same-rows.js'
import type { StateTensor } from '../layers/state-tensor.js'
import { checkSeed, Random } from '../random/random.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { type Shape, sameShape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { dotText, drawGraph } from './drawing.js'
import { type BackwardPass, type ForwardPass, type Graph, inputShapes, requireInputShapes } from './graph.js'
import { ParameterStore } from './parameter-store.js'
import { isReadable, Prediction, PredictionPlan } from './prediction.js'
import { summarise, summaryText } from './summary.js'

/** Options of every model. */
export interface ModelOptions {
  /** Where all random numbers of the model come from: initial weights, order of samples. Default 0. */
  readonly seed?: number
  /** Default: `defaultBackend()`. */
  readonly backend?: Backend
}

/** What a model has once its shapes are known. */
export interface Sealed {
  readonly graph: Graph
  readonly store: ParameterStore
  readonly lock: Lock
  /** Real memory that recorded steps refer to by slot. */
  readonly regions: readonly Region[]
}

/** Prediction plans that a model keeps. */
const mostPredictionPlans = 4

/**
 * A model is sealed at its first use, when the shape of its samples is known: layers make their parameters, which move
 * into one block of memory.
 */
export abstract class Network {
  readonly seed: number
  readonly backend: Backend
  /** True while `fit` runs: its thread then writes the gradients. */
  protected fitting = false
  /** What else keeps others off the model now, in words: an evaluation that reads it. */
  protected get occupied(): string | undefined {
    return undefined
  }
  #sealed: Sealed | undefined
  /** The last pass by hand: what backward() starts from, and what a drawing shows. */
  #byHand: { readonly forward: ForwardPass; backward: BackwardPass | undefined } | undefined
  /** Forward passes by hand so far: each has random numbers of its own. */
  #passes = 0
  /** By the inputs' element types and scales. */
  readonly #predictionPlans = new Map<string, PredictionPlan>()
  /** The last one: the next call is likely to be for the same shapes. */
  #prediction: Prediction | undefined
  #predicting = false

  constructor(options: ModelOptions = {}) {
    checkOptions('Model', options, ['seed', 'backend'])
    const { seed = 0, backend = defaultBackend() } = options
    checkSeed('Model', seed)
    if (typeof backend !== 'object' || backend === null || !('kernels' in backend)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Model: backend is ${describe(backend)}, expected native() or reference()`,
        'TypeError',
      )
    }
    this.seed = seed
    this.backend = backend
  }

  /** The graph for inputs of these shapes; throws ERR_SHAPE when they do not fit. */
  protected abstract makeGraph(shapes: readonly Shape[]): Graph

  /** Shapes of the inputs where the model knows them before its first use: it can then be sealed when asked. */
  protected abstract readonly declaredInputs: readonly Shape[] | undefined

  /** The model's graph for inputs of these shapes; seals nothing. Throws ERR_SHAPE where they do not fit. */
  graphFor(shapes: readonly Shape[]): Graph {
    if (this.#sealed === undefined) return this.makeGraph(shapes)
    requireInputShapes(this.#sealed.graph, shapes)
    return this.#sealed.graph
  }

  /** Fixes shapes, makes the parameters and moves them into the model's memory. Later calls check the shapes only. */
  seal(shapes: readonly Shape[]): Sealed {
    const graph = this.graphFor(shapes)
    if (this.#sealed !== undefined) return this.#sealed
    // Before any layer is built for these shapes: a model that cannot be made leaves its layers as they are.
    for (const { parameters, buffers } of graph.layers) {
      for (const tensor of [...parameters, ...buffers]) tensor.requireFree()
    }
    graph.places.forEach(({ node }, i) => {
      const shapes = node.inputs.map(({ shape }) => shape)
      // By place and not by name: classes may be renamed.
      node.layer.ensureBuilt(shapes, () => ({ real: this.backend.real, random: new Random(this.seed, `layer ${i}`) }))
    })
    const store = new ParameterStore(
      this.backend,
      graph.layers.flatMap(({ parameters }) => parameters),
      graph.layers.flatMap(({ buffers }) => buffers),
    )
    const regions = [
      { slot: 'parameters', view: store.values },
      { slot: 'gradients', view: store.gradients },
      { slot: 'buffers', view: store.buffers },
    ]
    this.#sealed = { graph, store, lock: this.backend.createLock(), regions }
    return this.#sealed
  }

  /** Parameters in order of the layers. Throws ERR_STATE before the model knows the shape of its samples. */
  get parameters(): readonly Parameter[] {
    return this.requireSealed().graph.layers.flatMap(({ parameters }) => parameters)
  }

  /** What layers learn otherwise than by gradients (running statistics), in order of the layers. */
  get buffers(): readonly StateTensor[] {
    return this.requireSealed().graph.layers.flatMap(({ buffers }) => buffers)
  }

  /** The parameters' values, live, for `optimizer.update(model.params, model.grads)`. */
  get params(): readonly Tensor[] {
    return this.parameters.map(({ value }) => value)
  }

  /** The parameters' gradients, live. */
  get grads(): readonly Tensor[] {
    return this.parameters.map(({ gradient }) => gradient)
  }

  /**
   * By hand: the output for a batch, in training mode (dropout drops, batch normalisation uses and remembers the
   * batch's statistics); keeps what backward() needs. Returns a new tensor.
   */
  forward(...inputs: readonly TensorLike[]): Tensor {
    this.#requireIdle('forward')
    // Also where this pass fails: backward() must not go on with the one before. And both at once would take memory.
    this.#byHand = undefined
    const { kernels } = this.backend
    const tensors = inputs.map((input) => toReal(input, kernels.real))
    requireSameRows('forward', tensors)
    const { graph } = this.seal(tensors.map(({ shape }) => shape.slice(1)))
    const pass = new Pass(kernels, true, { seed: this.seed, step: this.#passes++ })
    const forward = graph.forward(pass, tensors)
    pass.commit()
    this.#byHand = { forward, backward: undefined }
    return forward.output
  }

  /** By hand: writes every parameter's gradient, from the gradient of the last forward()'s output. */
  backward(gradient: TensorLike): void {
    this.#requireIdle('backward')
    const pass = this.#byHand
    if (pass === undefined) throw netwrightError('ERR_STATE', 'backward() was called before forward()')
    if (pass.backward !== undefined) {
      throw netwrightError('ERR_STATE', 'backward() was called twice after one forward(), expected forward() first')
    }
    const { output } = pass.forward
    const given = toReal(gradient, this.backend.real)
    if (!sameShape(given.shape, output.shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `backward: the gradient has shape ${shapeText(given.shape)}, the output ${shapeText(output.shape)}`,
        'RangeError',
      )
    }
    // Gradients that are half written cannot be gone on with.
    this.#byHand = undefined
    pass.backward = pass.forward.backward(given)
    this.#byHand = pass
  }

  /**
   * The output for a batch (N, …), or for one sample without its batch axis; a new tensor. In evaluation mode.
   * Synchronous: it runs on the calling thread, and waits for a step's end when the model is being trained.
   */
  predict(...inputs: readonly TensorLike[]): Tensor {
    if (this.#predicting) {
      throw netwrightError('ERR_STATE', 'predict: called by plain JavaScript (kernels.host) of its own prediction')
    }
    const { real } = this.backend
    const given = inputs.map((input) => {
      const x = input instanceof Tensor ? input : tensor(input)
      if (x.rank > 0) return isReadable(x, real) ? x : toReal(x, real)
      throw netwrightError('ERR_SHAPE', `predict: expected samples, got ${describe(input)}`, 'RangeError')
    })
    if (this.#prediction?.fits(given) !== true) this.#prediction = this.#predictionFor(given)
    // Only fit changes parameters on another thread. All pieces run under one lock: a training step between two of them
    // would give rows of different models.
    const lock = this.fitting ? this.requireSealed().lock : undefined
    lock?.acquire()
    this.#predicting = true
    try {
      return this.#prediction.run(given)
    } finally {
      this.#predicting = false
      lock?.release()
    }
  }

  /** Lets go of the last pass by hand, with all its intermediate results. */
  protected forgetPass(): void {
    this.#byHand = undefined
  }

  /**
   * The model as a table to print: for each layer its output's shape, parameters and multiply-adds, then totals and the
   * memory of a training step of `batchSize` samples (default 32). Throws ERR_STATE before the model knows the shape of
   * its samples.
   */
  summary(options: { readonly batchSize?: number } = {}): string {
    checkOptions('summary', options, ['batchSize'])
    const { batchSize = 32 } = options
    requireWhole('summary: batchSize', batchSize)
    const sealed = this.requireSealed()
    return summaryText(this.toString(), summarise(sealed, this.backend.real, batchSize))
  }

  /**
   * The graph in Graphviz's language. Edges show shapes, and after forward() and backward() by hand the values and
   * gradients of that pass: numbers where there are a few, their root mean square where there are many.
   */
  toDOT(): string {
    return dotText(this.constructor.name, drawGraph(this.requireSealed().graph, this.#byHand))
  }

  /** The same as an SVG picture. */
  async toSVG(): Promise<string> {
    const { graphPicture } = await import('../report/graph-picture.js')
    return graphPicture({ ...drawGraph(this.requireSealed().graph, this.#byHand), direction: 'down' })
  }

  /** `Sequential(Linear, ReLU, Linear)`. */
  toString(): string {
    const { declaredInputs } = this
    const graph = this.#sealed?.graph ?? (declaredInputs === undefined ? undefined : this.makeGraph(declaredInputs))
    return `${this.constructor.name}(${(graph?.layers ?? []).map(({ kind }) => kind).join(', ')})`
  }

  /** console.log prints a model as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  #requireIdle(what: string): void {
    const occupied = this.fitting ? 'being trained; await fit first, or use predict' : this.occupied
    if (occupied !== undefined) throw netwrightError('ERR_STATE', `${what}: this model is ${occupied}`)
  }

  #isSingleSample(inputs: readonly Tensor[]): boolean {
    const expected = this.#sealed === undefined ? this.declaredInputs : inputShapes(this.#sealed.graph)
    if (inputs.length === 0) throw netwrightError('ERR_ARGUMENT', `predict: expected samples, got ${describe(inputs)}`)
    return expected?.every((shape, i) => sameShape(shape, inputs[i]?.shape ?? [])) ?? false
  }

  /** How to predict `given`; throws where they are no samples of this model. */
  #predictionFor(given: readonly Tensor[]): Prediction {
    const single = this.#isSingleSample(given)
    const batches = single ? given.map((input) => input.reshape([1, ...input.shape])) : given
    const rows = requireSameRows('predict', batches)
    const sealed = this.seal(batches.map(({ shape }) => shape.slice(1)))
    const { shape } = sealed.graph.output
    return new Prediction(this.#predictionPlan(sealed, given, rows), given, rows, single ? shape : [rows, ...shape])
  }

  /** An earlier prediction's plan, or a larger one: one sample must not ask for the memory of many. */
  #predictionPlan(sealed: Sealed, inputs: readonly Tensor[], rows: number): PredictionPlan {
    const elements = inputs.map(({ element, scale }) => `${element} ${scale}`).join()
    const known = this.#predictionPlans.get(elements)
    if (known?.holds(rows)) return known
    const plan = new PredictionPlan(this.backend, sealed, inputs, rows)
    reportProfileAtExit(`prediction of ${this}`, plan.plan)
    this.#predictionPlans.set(elements, plan)
    const [oldest] = this.#predictionPlans.keys()
    if (this.#predictionPlans.size > mostPredictionPlans) this.#predictionPlans.delete(oldest as string)
    return plan
  }

  /** What sealing made; seals a model that knows the shape of its samples. Throws ERR_STATE for any other. */
  requireSealed(): Sealed {
    if (this.#sealed === undefined && this.declaredInputs !== undefined) this.seal(this.declaredInputs)
    if (this.#sealed !== undefined) return this.#sealed
    throw netwrightError(
      'ERR_STATE',
      'This model has no parameters yet: neither an option nor its first layer says the shape of a sample. ' +
        'Give it (new Sequential(layers, { inputShape: [1, 28, 28] }), new Linear(784, 50)), ' +
        'or use the model first (fit, predict, forward).',
    )
  }
}
