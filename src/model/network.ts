// Network: a graph of layers with its parameters in memory; forward, backward and predict. Training is in train/.

import { describe, netwrightError } from '../errors.js'
import type { Backend, Lock } from '../kernels/backend.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { Plan } from '../kernels/plan.js'
import type { Region } from '../kernels/recorder.js'
import { Pass } from '../layers/node.js'
import type { Parameter } from '../layers/parameter.js'
import { checkSeed, Random } from '../random/random.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { type ForwardPass, type Graph, inputShapes, requireInputShapes } from './graph.js'
import { ParameterStore } from './parameter-store.js'
import { recordPrediction } from './step.js'

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

/** Rows that one replay of the prediction plan takes; larger inputs go through in pieces. */
const predictionRows = 256

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

  constructor({ seed = 0, backend = defaultBackend() }: ModelOptions = {}) {
    checkSeed('Model', seed)
    this.seed = seed
    this.backend = backend
  }

  /** The graph for inputs of these shapes; throws ERR_SHAPE when they do not fit. */
  protected abstract makeGraph(shapes: readonly Shape[]): Graph

  /** Whether layers need no input shape to be built: then parameters exist from the start. */
  protected abstract readonly declaredInputs: readonly Shape[] | undefined

  /** Fixes shapes, makes the parameters and moves them into the model's memory. Later calls check the shapes only. */
  seal(shapes: readonly Shape[]): Sealed {
    if (this.#sealed !== undefined) {
      requireInputShapes(this.#sealed.graph, shapes)
      return this.#sealed
    }
    const graph = this.makeGraph(shapes)
    for (const { node, path } of graph.places) {
      const random = new Random(this.seed, path)
      node.layer.ensureBuilt(
        node.inputs.map(({ shape }) => shape),
        { real: this.backend.real, random },
      )
    }
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
    const single = this.#isSingleSample(given)
    const batches = single ? given.map((input) => input.reshape([1, ...input.shape])) : given
    const rows = batches[0]?.shape[0] as number
    if (batches.some(({ shape }) => shape[0] !== rows)) {
      throw netwrightError(
        'ERR_SHAPE',
        `predict: inputs ${batches.map(({ shape }) => shapeText(shape)).join(', ')} differ in samples`,
        'RangeError',
      )
    }
    const sealed = this.seal(batches.map(({ shape }) => shape.slice(1)))
    const { shape } = sealed.graph.output
    const result = new Tensor(new arrayTypes[this.backend.real](rows * sizeOf(shape)), [rows, ...shape])
    const { plan, inputs: places, output } = this.#predictionPlan(sealed)
    const table = new Float64Array(1)
    // All pieces under one lock: a training step between two of them would give rows of different models.
    this.locked(() => {
      for (let start = 0; start < rows; start += predictionRows) {
        const end = Math.min(rows, start + predictionRows)
        batches.forEach((batch, i) => {
          plan.write(places[i] as number, toReal(batch.slice(start, end), this.backend.real).data)
        })
        table[0] = end - start
        plan.runSync(table, 1)
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

  #requireIdle(what: string): void {
    if (!this.fitting) return
    throw netwrightError('ERR_STATE', `${what}: this model is being trained; await fit first, or use predict`)
  }

  #isSingleSample(inputs: readonly Tensor[]): boolean {
    const expected = this.#sealed === undefined ? this.declaredInputs : inputShapes(this.#sealed.graph)
    if (inputs.length === 0) throw netwrightError('ERR_ARGUMENT', `predict: expected samples, got ${describe(inputs)}`)
    return expected?.every((shape, i) => sameShape(shape, inputs[i]?.shape ?? [])) ?? false
  }

  #predictionPlan(sealed: Sealed): { plan: Plan; inputs: readonly number[]; output: number } {
    if (this.#prediction === undefined) {
      const { recording, inputs, output } = recordPrediction(sealed.graph, this.backend.real, sealed.regions)
      const plan = new Plan(this.backend, recording, predictionRows, sealed.lock)
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
