// LeakyReLU.

import { requireNumber } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'
import type { LayerConfig } from './layer.js'

/** y = x where x > 0, else slope · x. The gradient at 0 is the slope. Any shape. Default slope 0.01, as in PyTorch. */
export class LeakyReLU extends ElementwiseLayer {
  protected override readonly keeps = 'input'
  readonly slope: number

  constructor(slope = 0.01) {
    super()
    this.slope = requireNumber('LeakyReLU: slope', slope)
  }

  override get config(): LayerConfig {
    return { slope: this.slope }
  }

  static override fromConfig({ slope }: LayerConfig): LeakyReLU {
    return new LeakyReLU(slope as number)
  }

  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.leakyReluForward({ ...args, slope: this.slope })
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, x: Tensor): void {
    kernels.leakyReluBackward({ ...args, x, slope: this.slope })
  }
}
