// Normalizer: each feature from 0 to 1.

import type { TensorData } from '../../tensor/tensor.js'
import { extremes, type Layout, type Scales, Scaling, scalesFrom } from './scaling.js'

/**
 * z = (x - min) / (max - min) for each feature of samples (N, features), for each channel of images (N, channels,
 * height, width): from 0 to 1 in the data that it learned from, beyond in others. As scikit-learn's MinMaxScaler; a
 * feature that is the same in all samples becomes 0.
 */
export class Normalizer extends Scaling {
  readonly type = 'Normalizer'

  /** Of each feature. */
  get min(): readonly number[] {
    return Array.from(this.scales.offset)
  }

  /** max - min of each feature; 1 for one that is the same in all samples. */
  get range(): readonly number[] {
    return Array.from(this.scales.scale)
  }

  static fromJSON(json: Readonly<Record<string, unknown>>): Normalizer {
    return new Normalizer(scalesFrom('Normalizer', json))
  }

  protected measure(values: TensorData, layout: Layout): Scales {
    const { min, max } = extremes(values, layout)
    return { offset: min, scale: max.map((value, f) => (value === min[f] ? 1 : value - (min[f] as number))) }
  }
}
