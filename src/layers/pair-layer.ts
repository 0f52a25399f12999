// What Add and Mul share: two inputs of the same shape.

import { type Shape, sameShape } from '../tensor/shape.js'
import { Layer } from './layer.js'

/** A layer of two inputs of one shape, which is the output's. */
export abstract class PairLayer extends Layer {
  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [a, b] = inputs
    if (inputs.length !== 2 || a === undefined || b === undefined || !sameShape(a, b)) {
      throw this.shapeError('two inputs of the same shape', inputs)
    }
    return [a]
  }
}
