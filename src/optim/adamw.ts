// AdamW: Adam with weight decay apart from the gradient.

import type { Scalar } from '../kernels/kernels.js'
import { type Run, valueAt } from '../schedules/schedule.js'
import { type Decay, type MomentOptions, Moments } from './moments.js'

/** Options of {@link AdamW}: weightDecay shrinks parameters by lr · weightDecay a step. Default 0.01. */
export type AdamWOptions = MomentOptions

/**
 * parameter = (1 - lr · weightDecay) · parameter, then a step of Adam without weight decay, so that decay is not divided
 * by the size of the gradients. As PyTorch's (Loshchilov and Hutter 2019).
 */
export class AdamW extends Moments {
  readonly stepValues = ['lr', 'beta1', 'rootScale', 'shrink'] as const

  constructor(options: AdamWOptions = {}) {
    super('AdamW', options, 0.01)
  }

  override get rateValues(): readonly string[] {
    return ['lr', 'shrink']
  }

  override setStepValues(step: number, set: (name: string, value: number) => void, run?: Run): void {
    super.setStepValues(step, set, run)
    set('shrink', valueAt(this.lr, step, run) * this.weightDecay)
  }

  protected decayOf(values: Readonly<Record<string, Scalar>>): Decay {
    return { weightDecay: 0, shrink: values.shrink as Scalar }
  }
}
