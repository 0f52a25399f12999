// Softmax and LogSoftmax.

import type { Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Layer } from './layer.js'
import type { Node } from './node.js'

interface RowSizes {
  readonly rows: number
  readonly cols: number
}

/** A layer over the last axis: each row of it on its own. */
abstract class RowLayer extends Layer {
  protected abstract activate(node: Node, args: RowSizes & { y: Tensor; x: Tensor }): void
  protected abstract derive(node: Node, args: RowSizes & { dx: Tensor; dy: Tensor; y: Tensor }): void

  override outputShapes(inputs: readonly Shape[]): readonly Shape[] {
    const [shape] = inputs
    if (inputs.length !== 1 || shape === undefined || shape.length === 0) {
      throw this.shapeError('one input, rows of at least one number', inputs)
    }
    return [shape]
  }

  compute(node: Node, [x]: readonly [Tensor]): readonly Tensor[] {
    const y = node.empty(x.shape)
    this.activate(node, { y, x, ...rowSizes(x) })
    node.save(y)
    return [y]
  }

  differentiate(node: Node, [dy]: readonly [Tensor]): readonly (Tensor | undefined)[] {
    const [y] = node.saved as readonly [Tensor]
    const dx = node.empty(y.shape)
    this.derive(node, { dx, dy, y, ...rowSizes(y) })
    return [dx]
  }
}

function rowSizes({ shape, size }: Tensor): RowSizes {
  const cols = shape.at(-1) as number
  return { rows: size / cols, cols }
}

/**
 * y = e^x / Σ e^x over the last axis, without overflow. For a classifier leave it out: `crossEntropy` takes logits, and
 * the largest logit is the largest probability.
 */
export class Softmax extends RowLayer {
  protected activate({ kernels }: Node, args: RowSizes & { y: Tensor; x: Tensor }): void {
    kernels.softmaxForward(args)
  }
  protected derive({ kernels }: Node, args: RowSizes & { dx: Tensor; dy: Tensor; y: Tensor }): void {
    kernels.softmaxBackward(args)
  }
}

/** y = ln softmax(x) over the last axis, for `nll` and `klDivergence`. */
export class LogSoftmax extends RowLayer {
  protected activate({ kernels }: Node, args: RowSizes & { y: Tensor; x: Tensor }): void {
    kernels.logSoftmaxForward(args)
  }
  protected derive({ kernels }: Node, args: RowSizes & { dx: Tensor; dy: Tensor; y: Tensor }): void {
    kernels.logSoftmaxBackward(args)
  }
}
