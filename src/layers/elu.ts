// ELU.

import { requireNumber } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Tensor } from '../tensor/tensor.js'
import { ElementwiseLayer } from './elementwise-layer.js'
import type { LayerConfig } from './layer.js'

/** y = x where x > 0, else alpha · (e^x - 1) (Clevert, Unterthiner, Hochreiter 2016). Any shape. Default alpha 1. */
export class ELU extends ElementwiseLayer {
  readonly alpha: number

  /** Throws ERR_ARGUMENT for an alpha below 0. */
  constructor(alpha = 1) {
    super()
    this.alpha = requireNumber('ELU: alpha', alpha, 'a finite number from 0', (value) => value >= 0)
  }

  override get config(): LayerConfig {
    return { alpha: this.alpha }
  }

  static override fromConfig({ alpha }: LayerConfig): ELU {
    return new ELU(alpha as number)
  }

  protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
    kernels.eluForward({ ...args, alpha: this.alpha })
  }
  protected derive(kernels: Kernels, args: { dx: Tensor; dy: Tensor; n: number }, y: Tensor): void {
    kernels.eluBackward({ ...args, y, alpha: this.alpha })
  }
}
