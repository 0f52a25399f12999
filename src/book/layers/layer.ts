// What every layer of the book has, in volume 2's protocol: forward, backward, params and grads.

import type { TensorLike } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'

/**
 * A layer between the input and the loss (row 29). `params` and `grads` belong together, place by place; both stay the
 * same tensors, and backward writes the gradients in place, so that an optimizer may hold on to them.
 */
export interface BookLayer {
  readonly params: readonly Tensor[]
  readonly grads: readonly Tensor[]
  /** `trainFlg`: training, where a layer makes a difference. */
  forward(x: TensorLike, trainFlg?: boolean): Tensor
  /** The gradient of forward's x from that of its output. Does not change `dout`. */
  backward(dout: TensorLike): Tensor
}
