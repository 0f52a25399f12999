// Network: a graph of layers with its parameters in memory; forward, backward and predict. Training is in train/.

import { checkOptions, describe, netwrightError } from '../errors.js'
import type { Backend, Lock } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { Plan, requireDone } from '../kernels/plan.js'
import type { Region } from '../kernels/recorder.js'
import { Pass } from '../layers/node.js'
import type { Parameter } from '../layers/parameter.js'
import { requireSameRows } from '../layers/same-rows.js'
import { checkSeed, Random } from '../random/random.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { type ForwardPass, type Graph, inputShapes, requireInputShapes } from './graph.js'
import { ParameterStore } from './parameter-store.js'
import { recordPrediction } from './step.js'

const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom')

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

/** Most rows that one replay of the prediction plan takes; larger inputs go through in pieces. */
const mostPredictionRows = 256

/**
 * A model is sealed at its first use, when the shape of its samples is known: layers make their parameters, which move
 * into one block of memory.
 */
export abstract class Network {
  readonly seed: number
  readonly backend: Backend
  /** True while `fit` runs: its thread then writes the gradients. */
  protected fitting = false
  #sealed: Sealed | undefined
  #forward: ForwardPass | undefined
  #prediction: { readonly plan: Plan; readonly inputs: readonly number[]; readonly output: number } | undefined

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
    graph.places.forEach(({ node }, i) => {
      const shapes = node.inputs.map(({ shape }) => shape)
      // By place and not by name: classes may be renamed.
      node.layer.ensureBuilt(shapes, () => ({ real: this.backend.real, random: new Random(this.seed, `layer ${i}`) }))
    })
    const store = new ParameterStore(
      this.backend,
      graph.layers.flatMap(({ parameters }) => parameters),
    )
    const regions = [
      { slot: 'parameters', view: store.values },
      { slot: 'gradients', view: store.gradients },
    ]
    this.#sealed = { graph, store, lock: this.backend.createLock(), regions }
    return this.#sealed
  }

  /** Parameters in order of the layers. Throws ERR_STATE before the model knows the shape of its samples. */
  get parameters(): readonly Parameter[] {
    return this.#requireSealed().graph.layers.flatMap(({ parameters }) => parameters)
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
   * By hand: the output for a batch, in training mode; keeps what backward() needs. Returns a new tensor.
   */
  forward(...inputs: readonly TensorLike[]): Tensor {
    this.#requireIdle('forward')
    const { kernels } = this.backend
    const tensors = inputs.map((input) => toReal(input, kernels.real))
    requireSameRows('forward', tensors)
    const { graph } = this.seal(tensors.map(({ shape }) => shape.slice(1)))
    this.#forward = graph.forward(new Pass(kernels, true), tensors)
    return this.#forward.output
  }

  /** By hand: writes every parameter's gradient, from the gradient of the last forward()'s output. */
  backward(gradient: TensorLike): void {
    this.#requireIdle('backward')
    if (this.#forward === undefined) throw netwrightError('ERR_STATE', 'backward() was called before forward()')
    const { output } = this.#forward
    const given = toReal(gradient, this.backend.real)
    if (!sameShape(given.shape, output.shape)) {
      throw netwrightError(
        'ERR_SHAPE',
        `backward: the gradient has shape ${shapeText(given.shape)}, the output ${shapeText(output.shape)}`,
        'RangeError',
      )
    }
    this.#forward.backward(given)
    this.#forward = undefined
  }

  /**
   * The output for a batch (N, …), or for one sample without its batch axis; a new tensor. In evaluation mode.
   * Synchronous: it runs on the calling thread, and waits for a step's end when the model is being trained.
   */
  predict(...inputs: readonly TensorLike[]): Tensor {
    const given = inputs.map((input) => (input instanceof Tensor ? input : tensor(input)))
    if (given.some(({ rank }) => rank === 0)) {
      throw netwrightError('ERR_SHAPE', `predict: expected samples, got ${describe(inputs[0])}`, 'RangeError')
    }
    const single = this.#isSingleSample(given)
    const batches = single ? given.map((input) => input.reshape([1, ...input.shape])) : given
    const rows = requireSameRows('predict', batches)
    const sealed = this.seal(batches.map(({ shape }) => shape.slice(1)))
    const { shape } = sealed.graph.output
    const result = new Tensor(new arrayTypes[this.backend.real](rows * sizeOf(shape)), [rows, ...shape])
    const { plan, inputs: places, output } = this.#predictionPlan(sealed, rows)
    const table = new Float64Array(1)
    // All pieces under one lock: a training step between two of them would give rows of different models.
    this.locked(() => {
      for (let start = 0; start < rows; start += plan.capacity) {
        const end = Math.min(rows, start + plan.capacity)
        batches.forEach((batch, i) => {
          plan.write(places[i] as number, toReal(batch.slice(start, end), this.backend.real).data)
        })
        table[0] = end - start
        requireDone('predict', plan.runSync(table, 1))
        result.data.set(plan.read(output, [end - start, ...shape]).data, start * sizeOf(shape))
      }
    })
    return single ? result.reshape(shape) : result
  }

  /** Runs `read` while no step changes the parameters. */
  protected locked<T>(read: () => T): T {
    const { lock } = this.#requireSealed()
    lock.acquire()
    try {
      return read()
    } finally {
      lock.release()
    }
  }

  /** `Sequential(Linear, ReLU, Linear)`. */
  toString(): string {
    const layers = this.#sealed?.graph.layers ?? []
    return `${this.constructor.name}(${layers.map(({ kind }) => kind).join(', ')})`
  }

  /** console.log prints a model as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }

  #requireIdle(what: string): void {
    if (!this.fitting) return
    throw netwrightError('ERR_STATE', `${what}: this model is being trained; await fit first, or use predict`)
  }

  #isSingleSample(inputs: readonly Tensor[]): boolean {
    const expected = this.#sealed === undefined ? this.declaredInputs : inputShapes(this.#sealed.graph)
    if (inputs.length === 0) throw netwrightError('ERR_ARGUMENT', `predict: expected samples, got ${describe(inputs)}`)
    return expected?.every((shape, i) => sameShape(shape, inputs[i]?.shape ?? [])) ?? false
  }

  /** The plan of the last prediction, or a larger one: one sample must not ask for the memory of many. */
  #predictionPlan(sealed: Sealed, rows: number): { plan: Plan; inputs: readonly number[]; output: number } {
    const capacity = Math.min(Math.max(rows, 1), mostPredictionRows)
    if (this.#prediction === undefined || this.#prediction.plan.capacity < capacity) {
      const { recording, inputs, output } = recordPrediction(sealed.graph, this.backend.real, sealed.regions)
      const plan = new Plan(this.backend, recording, capacity, sealed.lock)
      plan.bind({ parameters: sealed.store.values })
      this.#prediction = { plan, inputs, output }
    }
    return this.#prediction
  }

  #requireSealed(): Sealed {
    if (this.#sealed === undefined && this.declaredInputs !== undefined) this.seal(this.declaredInputs)
    if (this.#sealed !== undefined) return this.#sealed
    throw netwrightError(
      'ERR_STATE',
      'This model has no parameters yet: its first layer does not say how many inputs it has. ' +
        'Give it (new Linear(784, 50)), or use the model first (fit, predict, forward).',
    )
  }
}
