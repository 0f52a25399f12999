// Add: joins two branches of a graph, as in a residual block.

import type { Tensor } from '../tensor/tensor.js'
import type { Node } from './node.js'
import { PairLayer } from './pair-layer.js'

/** y = a + b, of the same shape: `new Add().apply(a, b)`. */
export class Add extends PairLayer {
  compute(node: Node, [a, b]: readonly [Tensor, Tensor]): readonly Tensor[] {
    const y = node.empty(a.shape)
    node.kernels.add({ y, a, b, n: y.size })
    return [y]
  }

  /** Both inputs get the gradient as it is; whoever changes it makes a copy first, so sharing it is safe. */
  differentiate(_node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    return [dy, dy]
  }
}
