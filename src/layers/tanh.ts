// Tanh.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'

/** y = tanh x. Any shape. */
export class Tanh extends ElementwiseLayer {
  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.tanhForward(args)
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, y: Tensor): void {
    kernels.tanhBackward({ ...args, y })
  }
}
