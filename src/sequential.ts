// Sequential: a chain of layers.

import { describe, netwrightError } from './errors.js'
import { type LoadOptions, loadNetwork } from './io/model-file.js'
import type { ModelParts } from './io/structure.js'
import { Layer } from './layers/layer.js'
import { input } from './layers/value.js'
import { chain, type Graph } from './model/graph.js'
import type { ModelOptions } from './model/network.js'
import { TrainableNetwork } from './model.js'
import type { Shape } from './tensor/shape.js'

/** Options of {@link Sequential}. */
export interface SequentialOptions extends ModelOptions {
  /**
   * Shape of a sample, without the batch axis: `[1, 28, 28]`. Without it the model knows it from a first layer that
   * says it (`new Linear(784, 50)`), or from the first data.
   */
  readonly inputShape?: Shape
}

/** `new Sequential([new Linear(784, 50), new ReLU(), new Linear(50, 10)], { seed: 1 })`. */
export class Sequential extends TrainableNetwork {
  readonly layers: readonly Layer[]
  readonly #inputShape: Shape | undefined

  /** Throws ERR_ARGUMENT for anything but a list of at least one layer. */
  constructor(layers: readonly Layer[], { inputShape, ...options }: SequentialOptions = {}) {
    // Layers that are no list make the second of them options: not they are what is wrong.
    super(Array.isArray(layers) ? options : {})
    // input() checks the shape.
    this.#inputShape = inputShape === undefined ? undefined : input(inputShape).shape
    if (!Array.isArray(layers) || layers.length === 0) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Sequential: layers is ${describe(layers)}, expected a list of layers such as [new Linear(784, 10)]`,
        'TypeError',
      )
    }
    const wrong = layers.findIndex((layer) => !(layer instanceof Layer))
    if (wrong >= 0) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `Sequential: layers[${wrong}] is ${describe(layers[wrong])}, expected a layer`,
      )
    }
    this.layers = [...layers]
    if (this.declaredInputs !== undefined) this.makeGraph(this.declaredInputs)
  }

  /** As `Model.load`, for a file that a Sequential has written; rejects with ERR_FILE for another. */
  static async load(path: string, options: LoadOptions = {}): Promise<Sequential> {
    return await loadNetwork(path, options, toSequential)
  }

  override toString(): string {
    return `Sequential(${this.layers.map(({ kind }) => kind).join(', ')})`
  }

  get savedAs(): 'Sequential' {
    return 'Sequential'
  }

  /** Known before the first use only where an option or the first layer says it. */
  protected get declaredInputs(): readonly Shape[] | undefined {
    const shape = this.#inputShape ?? this.layers[0]?.declaredInput
    return shape === undefined ? undefined : [shape]
  }

  protected makeGraph(shapes: readonly Shape[]): Graph {
    if (shapes.length !== 1) {
      throw netwrightError('ERR_SHAPE', `Sequential takes one input, got ${shapes.length}`, 'RangeError')
    }
    return chain(this.layers, input(shapes[0] as Shape))
  }
}

/** A Sequential from a file. Throws ERR_FILE for another graph. */
export function toSequential({ kind, layers }: ModelParts, options: ModelOptions): Sequential {
  if (kind === 'Sequential') return new Sequential(layers, options)
  throw netwrightError('ERR_FILE', 'it is a graph, expected a Sequential: use Model.load')
}
