// The symbolic side of a graph: values that flow between layers, before there are any numbers.

import { describe, netwrightError } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { Layer } from './layer.js'

/** One layer's place in a graph. The same layer may stand at several places and then shares its parameters. */
export interface GraphNode {
  readonly layer: Layer
  readonly inputs: readonly Value[]
}

/** A value in a graph: an input of the model (no node), or an output of a layer. Shapes have no batch axis. */
export class Value {
  readonly shape: Shape
  readonly node: GraphNode | undefined
  readonly output: number

  constructor(shape: Shape, node: GraphNode | undefined, output = 0) {
    this.shape = shape
    this.node = node
    this.output = output
  }
}

/** An input of a graph: samples of this shape, without the batch axis. `input([784])`, `input([1, 28, 28])`. */
export function input(shape: Shape): Value {
  if (!Array.isArray(shape) || !shape.every((dimension) => Number.isInteger(dimension) && dimension > 0)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `input: shape is ${describe(shape)}, expected whole numbers above 0, such as [784]`,
      'RangeError',
    )
  }
  return new Value([...shape], undefined)
}

/** The outputs of `layer` on `inputs`; shapes are checked at once. */
export function applyLayer(layer: Layer, inputs: readonly Value[]): readonly Value[] {
  const wrong = inputs.findIndex((value) => !(value instanceof Value))
  if (wrong >= 0 || inputs.length === 0) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${layer.kind}.apply: expected values from input() or apply(), got ${describe(inputs)}`,
      'TypeError',
    )
  }
  const node = { layer, inputs }
  return layer.outputShapes(inputs.map(({ shape }) => shape)).map((shape, output) => new Value(shape, node, output))
}
