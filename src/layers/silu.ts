// SiLU.

import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'

/** y = x · σ(x), σ the sigmoid; also called swish. Any shape. */
export class SiLU extends ElementwiseLayer {
  protected override readonly keeps = 'input'
  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.siluForward(args)
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, x: Tensor): void {
    kernels.siluBackward({ ...args, x })
  }
}
