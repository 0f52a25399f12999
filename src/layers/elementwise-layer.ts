// What ReLU, Sigmoid and their kin share: one output per element, and a gradient that needs the output only.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Node } from './node.js'

/** A layer y = f(x), element by element, with kernels for f and for dx from dy and y. Any shape. */
export abstract class ElementwiseLayer extends Layer {
  /** y (n) = f(x (n)). */
  protected abstract activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void
  /** dx (n) = dy (n) · f'(x), from the output y. */
  protected abstract derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; y: Tensor; n: number }): void

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    this.activate(node.kernels, { y, x, n: x.size })
    node.save(y)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [y] = node.saved as readonly [Tensor]
    const dx = node.empty(y.shape)
    this.derive(node.kernels, { dx, dy, y, n: y.size })
    return [dx]
  }
}
