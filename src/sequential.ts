// Sequential: a chain of layers.

import { describe, netwrightError } from './errors.js'
import { Layer } from './layers/layer.js'
import { input } from './layers/value.js'
import { chain, type Graph } from './model/graph.js'
import type { ModelOptions } from './model/network.js'
import { TrainableNetwork } from './model.js'
import type { Shape } from './tensor/shape.js'

/** `new Sequential([new Linear(784, 50), new ReLU(), new Linear(50, 10)], { seed: 1 })`. */
export class Sequential extends TrainableNetwork {
  readonly layers: readonly Layer[]

  /** Throws ERR_ARGUMENT for anything but a list of at least one layer. */
  constructor(layers: readonly Layer[], options: ModelOptions = {}) {
    super(options)
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

  override toString(): string {
    return `Sequential(${this.layers.map(({ kind }) => kind).join(', ')})`
  }

  /** Known before the first use only where the first layer says it. */
  protected get declaredInputs(): readonly Shape[] | undefined {
    const shape = this.layers[0]?.declaredInput
    return shape === undefined ? undefined : [shape]
  }

  protected makeGraph(shapes: readonly Shape[]): Graph {
    if (shapes.length !== 1) {
      throw netwrightError('ERR_SHAPE', `Sequential takes one input, got ${shapes.length}`, 'RangeError')
    }
    return chain(this.layers, input(shapes[0] as Shape))
  }
}
