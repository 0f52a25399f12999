// What augmentation may be asked to do, and how that is checked.

import { checkOptions, describe, netwrightError, requireNumber, requireWhole } from '../errors.js'

const flips = ['horizontal', 'vertical', 'both'] as const

/**
 * How samples are changed at random while a model is trained: each one anew in every epoch, by numbers that follow from
 * (seed, number of the sample, epoch) alone. What is left out, or 0, changes nothing. In the order in which it is done:
 *
 * one map of the image, by `shear`, `rotate`, `zoom`, `flip`, `shift` and `crop`, with bilinear interpolation unless it
 * is a flip and a shift; then `noise`, `cutout` and `mixUp`. `noise` and `mixUp` take samples of any shape, all else
 * images: samples (channels, height, width) or (height, width), or rows of numbers whose data set knows, by its
 * `preprocessing`, that they are images.
 */
export interface AugmentOptions {
  /** Moves images by a whole number of pixels, evenly from -shift to shift, along each axis. */
  readonly shift?: number
  /** Turns them around their centre by an angle, evenly from -rotate to rotate, in degrees; at most 180. */
  readonly rotate?: number
  /** Scales them by a factor, evenly from 1 - zoom to 1 + zoom; below 1. */
  readonly zoom?: number
  /** Shears them along their rows by an angle, evenly from -shear to shear, in degrees; at most 60. */
  readonly shear?: number
  /** Mirrors every second image, at random, left to right, upside down, or (each on its own) both. */
  readonly flip?: (typeof flips)[number]
  /** Pads images by so many pixels of `fill` on each side and takes a part of their size at random: as for CIFAR. */
  readonly crop?: number
  /**
   * Covers a square of so many pixels a side around a random pixel with `fill`; what sticks out over an edge is lost
   * (DeVries and Taylor 2017).
   */
  readonly cutout?: number
  /** Adds normally distributed numbers of this standard deviation, in units of the samples as the model sees them. */
  readonly noise?: number
  /**
   * Mixes each sample, and its target, with a share of another one of the data set (of a stream, of what is in memory):
   * the sample itself has the larger share of λ and 1 - λ, where λ has the distribution Beta(mixUp, mixUp) (Zhang et al. 2018); at most 10,
   * usually 0.1 to 0.4. Labels become rows of probabilities, which the loss has to take; accuracy and metrics of the
   * training are measured on the sample's own target.
   */
  readonly mixUp?: number
  /** What stands beyond the edges of an image, and in `cutout`'s square; default 0. */
  readonly fill?: number
}

/** All settings, those that change nothing included. */
export type AugmentSettings = Required<Omit<AugmentOptions, 'flip'>> & { readonly flip: AugmentOptions['flip'] | null }

const none: AugmentSettings = {
  shift: 0,
  rotate: 0,
  zoom: 0,
  shear: 0,
  flip: null,
  crop: 0,
  cutout: 0,
  noise: 0,
  mixUp: 0,
  fill: 0,
}

export const augmentNames = Object.keys(none) as readonly (keyof AugmentOptions)[]

const upTo = (most: number) => (value: number) => value >= 0 && value <= most

/** All settings in one order; undefined where nothing is changed. Throws ERR_ARGUMENT for what is wrong. */
export function augmentSettings(where: string, options: AugmentOptions): AugmentSettings | undefined {
  checkOptions(where, options, augmentNames)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const all: AugmentSettings = { ...none, ...given }
  for (const name of ['shift', 'crop', 'cutout'] as const) requireWhole(`${where}.${name}`, all[name], 0)
  requireNumber(`${where}.rotate`, all.rotate, 'degrees from 0 to 180', upTo(180))
  requireNumber(`${where}.shear`, all.shear, 'degrees from 0 to 60', upTo(60))
  requireNumber(`${where}.zoom`, all.zoom, 'a share from 0, below 1, such as 0.1', (zoom) => zoom >= 0 && zoom < 1)
  requireNumber(`${where}.noise`, all.noise, 'a standard deviation from 0', upTo(Number.MAX_VALUE))
  requireNumber(`${where}.mixUp`, all.mixUp, 'a number from 0 to 10, such as 0.2', upTo(10))
  requireNumber(`${where}.fill`, all.fill)
  if (all.flip !== null && !flips.includes(all.flip as never)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}.flip is ${describe(all.flip)}, expected 'horizontal', 'vertical' or 'both'`,
      'TypeError',
    )
  }
  const changes = augmentNames.some((name) => name !== 'fill' && all[name] !== none[name])
  return changes ? all : undefined
}
