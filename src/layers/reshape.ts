// Flatten and Identity: the same numbers, in the same memory.

import { type Shape, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Node } from './node.js'

/** (N, …) → (N, all): rows of features from images, channel by channel. */
export class Flatten extends Layer {
  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    return super.outputShapes(inputs).map((shape) => [sizeOf(shape)])
  }

  compute(_node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const [rows, ...shape] = x.shape as [number, ...number[]]
    return [x.reshape([rows, sizeOf(shape)])]
  }

  differentiate({ inputs }: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return [dy.reshape((inputs[0] as Tensor).shape)]
  }
}

/** y = x: a place holder, or the output activation of a regression. */
export class Identity extends Layer {
  compute(_node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    return [x]
  }

  differentiate(_node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return [dy]
  }
}
