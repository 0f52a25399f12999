// ReLU.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'

/** y = max(0, x). The gradient at 0 is 0. Any shape. */
export class ReLU extends ElementwiseLayer {
  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.reluForward(args)
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, y: Tensor): void {
    kernels.reluBackward({ ...args, y })
  }
}
