// The spiral data set of 'Deep Learning from Scratch 2', chapter 1: arms that no straight line separates.

import { describe, netwrightError } from '../errors.js'
import { Random } from '../random/random.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import { sharedArray } from './shared-array.js'
import { sineAndCosine } from './sine-and-cosine.js'

export interface SpiralOptions {
  /** Points on each arm; default 100. */
  readonly samplesPerClass?: number
  /** Arms; default 3. */
  readonly classes?: number
  /** Standard deviation of the angle in radians; default 0.2. */
  readonly noise?: number
  /** Same seed, same points; default 0. */
  readonly seed?: number
}

/**
 * Points of a spiral, arm after arm: x (classes · samplesPerClass, 2) float32 with radius below 1, y int32 labels.
 * Point i of arm c has radius r = i / samplesPerClass and angle 4c + 4r + noise; x = (r sin, r cos).
 * Throws ERR_ARGUMENT for numbers out of range.
 */
export function spiral(options: SpiralOptions = {}): Dataset {
  const { samplesPerClass = 100, classes = 3, noise = 0.2, seed = 0 } = options
  for (const [name, value] of Object.entries({ samplesPerClass, classes })) {
    if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) continue
    throw netwrightError(
      'ERR_ARGUMENT',
      `spiral: ${name} is ${describe(value)}, expected an integer from 1 to 1000000`,
      'RangeError',
    )
  }
  if (!(Number.isFinite(noise) && noise >= 0)) {
    throw netwrightError('ERR_ARGUMENT', `spiral: noise is ${describe(noise)}, expected a number from 0`, 'RangeError')
  }
  const random = new Random(seed, 'spiral')
  const x = sharedArray('float32', classes * samplesPerClass * 2)
  const y = sharedArray('int32', classes * samplesPerClass)
  for (let i = 0; i < y.length; i++) {
    const arm = Math.floor(i / samplesPerClass)
    const radius = (i % samplesPerClass) / samplesPerClass
    const angle = 4 * arm + 4 * radius + random.normal(0, noise)
    const [sine, cosine] = sineAndCosine(angle)
    x[2 * i] = radius * sine
    x[2 * i + 1] = radius * cosine
    y[i] = arm
  }
  return new Dataset(new Tensor(x, [y.length, 2]), new Tensor(y, [y.length]))
}
