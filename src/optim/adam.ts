// Adam: steps by the mean of recent gradients over the root of their mean square.

import { type Decay, type MomentOptions, Moments } from './moments.js'

/** Options of {@link Adam}: weightDecay is L2, part of the gradient. Default 0. */
export type AdamOptions = MomentOptions

/**
 * With g = gradient + weightDecay · parameter: mean = β1 · mean + (1 - β1) · g, squares = β2 · squares + (1 - β2) · g²,
 * parameter -= lr · mean / (1 - β1ᵗ) / (√(squares / (1 - β2ᵗ)) + eps) at step t. As PyTorch's (Kingma and Ba 2015).
 */
export class Adam extends Moments {
  readonly stepValues = ['lr', 'beta1', 'rootScale'] as const

  constructor(options: AdamOptions = {}) {
    super('Adam', options, 0)
  }

  protected decayOf(): Decay {
    return { weightDecay: this.weightDecay, shrink: 0 }
  }
}
