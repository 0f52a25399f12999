// GELU.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'

/** y = x · Φ(x), Φ the normal distribution function (Hendrycks and Gimpel 2016), exact as in PyTorch. Any shape. */
export class GELU extends ElementwiseLayer {
  protected override readonly keeps = 'input'
  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.geluForward(args)
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, x: Tensor): void {
    kernels.geluBackward({ ...args, x })
  }
}
