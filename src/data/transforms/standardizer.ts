// Standardizer: each feature with mean 0 and standard deviation 1.

import type { TensorData } from '../../tensor/tensor.js'
import { extremes, type Layout, type Scales, Scaling, scalesFrom } from './scaling.js'

/**
 * z = (x - mean) / std for each feature of samples (N, features), for each channel of images (N, channels, height,
 * width). As scikit-learn's StandardScaler: std is that of the population, √(Σ (x - mean)² / n), and 1 for a feature
 * that is the same in all samples, which becomes 0.
 *
 *     const standardizer = new Standardizer().fit(train)
 *     await model.fit(standardizer.transform(train), { validationData: standardizer.transform(test) })
 *
 * A model trained on the transformed data set saves it, in `model.preprocessing`.
 */
export class Standardizer extends Scaling {
  readonly type = 'Standardizer'

  /** Of each feature. */
  get mean(): readonly number[] {
    return Array.from(this.scales.offset)
  }

  /** Of each feature; 1 for one that is the same in all samples. */
  get std(): readonly number[] {
    return Array.from(this.scales.scale)
  }

  static fromJSON(json: Readonly<Record<string, unknown>>): Standardizer {
    return new Standardizer(scalesFrom('Standardizer', json))
  }

  protected measure(values: TensorData, layout: Layout): Scales {
    const { samples, inner } = layout
    const { min, max } = extremes(values, layout)
    const count = samples * inner
    // The sum of equal numbers, divided, need not be that number again.
    const mean = sums(values, layout, (value) => value).map((sum, f) =>
      min[f] === max[f] ? (min[f] as number) : sum / count,
    )
    const squares = sums(values, layout, (value, f) => (value - (mean[f] as number)) ** 2)
    return { offset: mean, scale: squares.map((sum) => (sum === 0 ? 1 : Math.sqrt(sum / count))) }
  }
}

/** Σ of `term` over the numbers of each feature, in doubles and in the order of memory. */
function sums(
  values: TensorData,
  { samples, features, inner }: Layout,
  term: (value: number, feature: number) => number,
): Float64Array {
  const result = new Float64Array(features)
  let at = 0
  for (let n = 0; n < samples; n++) {
    for (let f = 0; f < features; f++) {
      for (let i = 0; i < inner; i++, at++) result[f] = (result[f] as number) + term(values[at] as number, f)
    }
  }
  return result
}
