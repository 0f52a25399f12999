// Mul: the product of two branches, element by element.

import type { Tensor } from '../tensor/tensor.js'
import type { Node } from './node.js'
import { PairLayer } from './pair-layer.js'

/** y = a · b, element by element, of the same shape: `new Mul().apply(a, b)`. */
export class Mul extends PairLayer {
  compute(node: Node, [a, b]: readonly [Tensor, Tensor]): readonly Tensor[] {
    const y = node.empty(a.shape)
    node.kernels.mul({ y, a, b, n: y.size })
    node.save(a, b)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [a, b] = node.saved as readonly [Tensor, Tensor]
    return [b, a].map((other, i) => {
      if (!node.needsGradient[i]) return undefined
      const gradient = node.empty(dy.shape)
      node.kernels.mul({ y: gradient, a: dy, b: other, n: dy.size })
      return gradient
    })
  }
}
