// Sigmoid.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'

/** y = 1 / (1 + e^-x). Any shape. */
export class Sigmoid extends ElementwiseLayer {
  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.sigmoidForward(args)
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, y: Tensor): void {
    kernels.sigmoidBackward({ ...args, y })
  }
}
