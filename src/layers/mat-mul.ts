// MatMul: the matrix product of two branches.

import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Node } from './node.js'

/**
 * y (N,m,n) = a (N,m,k) · b (N,k,n), sample by sample: `new MatMul().apply(a, b)`. For a product with learned weights,
 * the book's MatMul, use `new Linear(n, { bias: false })`.
 */
export class MatMul extends Layer {
  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [a, b] = inputs
    if (inputs.length !== 2 || a?.length !== 2 || b?.length !== 2 || a[1] !== b[0]) {
      throw this.shapeError('two inputs of shapes (m, k) and (k, n)', inputs)
    }
    return [[a[0] as number, b[1] as number]]
  }

  override multiplyAdds([a, b]: readonly Shape[]): number {
    return (a?.[0] as number) * (a?.[1] as number) * (b?.[1] as number)
  }

  compute(node: Node, [a, b]: readonly [Tensor, Tensor]): readonly Tensor[] {
    const [batch, m, k] = a.shape as [number, number, number]
    const n = b.shape[2] as number
    const y = node.empty([batch, m, n])
    node.kernels.gemmBatched({ c: y, a, b, batch, m, n, k })
    node.save(a, b)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [a, b] = node.saved as readonly [Tensor, Tensor]
    const [batch, m, k] = a.shape as [number, number, number]
    const n = b.shape[2] as number
    const da = node.empty(a.shape)
    const db = node.empty(b.shape)
    node.kernels.gemmBatched({ c: da, a: dy, b, batch, m, n: k, k: n, transposeB: 1 })
    node.kernels.gemmBatched({ c: db, a, b: dy, batch, m: k, n, k: m, transposeA: 1 })
    return [da, db]
  }
}
