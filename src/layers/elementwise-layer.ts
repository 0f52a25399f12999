// What activations share: one output per element, and a gradient from the forward pass's output or input.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Node } from './node.js'

/** A layer y = f(x), element by element, with kernels for f and for dx from dy. Any shape. */
export abstract class ElementwiseLayer extends Layer {
  /** Which side of f its derivative is computed from, and so is kept until the backward pass. */
  protected readonly keeps: 'input' | 'output' = 'output'

  /** y (n) = f(x (n)). */
  protected abstract activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void
  /** dx (n) = dy (n) · f'(x), from what `keeps` names. */
  protected abstract derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, kept: Tensor): void

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    this.activate(node.kernels, { y, x, n: x.size })
    node.save(this.keeps === 'input' ? x : y)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [kept] = node.saved as readonly [Tensor]
    const dx = node.empty(kept.shape)
    this.derive(node.kernels, { dx, dy, n: kept.size }, kept)
    return [dx]
  }
}
