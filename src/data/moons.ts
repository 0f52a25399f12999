// The two moons of scikit-learn: half circles that reach into each other.

import { checkOptions, requireNumber } from '../errors.js'
import { checkSeed, Random } from '../random/random.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import { sharedArray } from './shared-array.js'
import { sineAndCosine } from './sine-and-cosine.js'

export interface MoonsOptions {
  /** Points of both moons together, of which the second has one more if they are odd; default 100. */
  readonly samples?: number
  /** Standard deviation of the normal noise on both coordinates; default 0.1. */
  readonly noise?: number
  /** Same seed, same points; default 0. */
  readonly seed?: number
}

/**
 * Points of two half circles: x (samples, 2) float32, y labels, all of moon 0 before those of moon 1. With the angle t
 * from 0 to π in even steps: (cos t, sin t) for moon 0, (1 - cos t, 1/2 - sin t) for moon 1, as scikit-learn's
 * `make_moons` without shuffling. Throws ERR_ARGUMENT for numbers out of range.
 */
export function moons(options: MoonsOptions = {}): Dataset {
  checkOptions('moons', options, ['samples', 'noise', 'seed'])
  const { samples = 100, noise = 0.1, seed = 0 } = options
  requireNumber(
    'moons: samples',
    samples,
    'a whole number from 2 to 10000000',
    (value) => Number.isInteger(value) && value >= 2 && value <= 10_000_000,
  )
  requireNumber('moons: noise', noise, 'a number from 0', (value) => value >= 0)
  checkSeed('moons', seed)
  const random = new Random(seed, 'moons')
  const x = sharedArray('float32', 2 * samples)
  const y = sharedArray('int32', samples)
  const ofFirst = Math.floor(samples / 2)
  for (let i = 0; i < samples; i++) {
    const moon = i < ofFirst ? 0 : 1
    const [place, count] = moon === 0 ? [i, ofFirst] : [i - ofFirst, samples - ofFirst]
    const [sine, cosine] = sineAndCosine((Math.PI * place) / Math.max(1, count - 1))
    x[2 * i] = (moon === 0 ? cosine : 1 - cosine) + random.normal(0, noise)
    x[2 * i + 1] = (moon === 0 ? sine : 0.5 - sine) + random.normal(0, noise)
    y[i] = moon
  }
  return new Dataset(new Tensor(x, [samples, 2]), new Tensor(y, [samples]))
}
