// Augmentation: samples changed at random. Every random number follows from (seed, number of the sample, epoch), by
// Philox4x32-10 with counter (block, number, epoch, use) and the seed as key: equal on every backend, ISA and split.

import {
  type DeclaredFailure,
  index,
  inout,
  input,
  kernel,
  optionalScalar,
  optionalSize,
  out,
  scalar,
  serial,
  size,
  splitSamples,
} from '../declaration.js'
import { orderFailure } from './data.js'
import { labelFailure } from './losses.js'

/** Numbers of the batch's samples, of which the lower 32 bits count. */
const numbers = input('numbers', 'rows', { element: 'int32' })
/** Of an epoch the lower 32 bits count. */
const randomness = [size('seed'), size('epoch')] as const
const imageSizes = [size('rows'), size('channels'), size('height'), size('width')] as const
const images = 'rows * channels * height * width'

const otherLabelFailure: DeclaredFailure = {
  kind: 'label',
  text: 'others[{row}] is {value}, expected an integer from 0 below {classes}',
}

export const augmentation = {
  /** y (rows) = first + order[cursor + r], its lower 32 bits: numbers of a batch's samples. */
  sampleNumbers: kernel({
    parameters: [
      out('y', 'rows', { element: 'int32' }),
      index('order', 'length', { touched: 'rows' }),
      size('rows'),
      size('samples'),
      size('length'),
      size('cursor'),
      optionalSize('first', 0),
    ],
    rules: ['cursor + rows <= length'],
    split: serial,
    flops: '0',
    cost: 'rows',
    failures: [orderFailure],
  }),
  /**
   * A random affine map of each image: warps (rows,6), of which (a, b, c, d, e, f) says that pixel (x, y) of the result
   * is the image at (a·x + b·y + c, d·x + e·y + f). The image is sheared along x, turned and scaled around its centre,
   * flipped, and moved by whole pixels. Drawn evenly: an angle from -rotate to rotate and a shear from -shear to shear,
   * in degrees; a factor from 1 - zoom to 1 + zoom; shifts from -shift to shift and from -crop to crop along each axis.
   * flip is 1 for a horizontal flip of every second image, 2 for a vertical one, 3 for both, each on its own.
   */
  drawWarps: kernel({
    parameters: [
      out('warps', 'rows * 6'),
      numbers,
      size('rows'),
      size('height'),
      size('width'),
      ...randomness,
      optionalSize('shift', 0),
      optionalSize('crop', 0),
      optionalSize('flip', 0),
      optionalScalar('rotate', 0),
      optionalScalar('zoom', 0),
      optionalScalar('shear', 0),
    ],
    rules: ['flip <= 3', 'shift <= 65535', 'crop <= 65535'],
    split: splitSamples('rows'),
    flops: '400 * rows',
    cost: '150 * rows',
  }),
  /**
   * y (rows,channels,height,width): each image of x, of the same shape, through its map of warps (rows,6), with bilinear
   * interpolation; beyond its edges there is `fill`. Whole shifts and flips move numbers as they are.
   */
  warpImages: kernel({
    parameters: [
      out('y', images),
      input('x', images),
      input('warps', 'rows * 6'),
      ...imageSizes,
      optionalScalar('fill', 0),
    ],
    // An image with its edges must fit into a thread's scratch memory.
    rules: ['(height + 4) * (width + 4) <= 1048576'],
    split: splitSamples('rows'),
    flops: '15 * rows * channels * height * width',
    cost: '2 * rows * channels * height * width',
  }),
  /** y (rows,channels,height,width): a square of `side` by `side` pixels around a random pixel of each image = fill. */
  cutOut: kernel({
    parameters: [inout('y', images), numbers, ...imageSizes, size('side'), ...randomness, optionalScalar('fill', 0)],
    split: splitSamples('rows'),
    flops: '0',
    cost: '30 * rows + rows * channels * side * side / 8',
  }),
  /** y (rows,cols) = x + std · n, n normally distributed; y may be x. */
  addNoise: kernel({
    parameters: [
      out('y', 'rows * cols', { inPlaceOf: ['x'] }),
      input('x', 'rows * cols'),
      numbers,
      size('rows'),
      size('cols'),
      ...randomness,
      scalar('std'),
    ],
    split: splitSamples('rows'),
    flops: '70 * rows * cols',
    cost: '3 * rows * cols',
  }),
  /**
   * Whom each sample is mixed with, and how much of it: partners (rows), evenly from 0 below `samples`; shares (rows),
   * whose distribution has `quantiles` (points) at 0, 1 / (points - 1), …, 1, with straight lines between.
   */
  drawPartners: kernel({
    parameters: [
      out('partners', 'rows', { element: 'int32' }),
      out('shares', 'rows'),
      numbers,
      input('quantiles', 'points', { touched: '2 * rows' }),
      size('rows'),
      size('samples'),
      size('points'),
      ...randomness,
    ],
    rules: ['points >= 2', 'points <= 65536', 'samples <= 2147483647'],
    split: splitSamples('rows'),
    flops: '30 * rows',
    cost: '30 * rows',
  }),
  /** y (rows,cols) = x + shares[r] · (z - x); y may be x. */
  mixRows: kernel({
    parameters: [
      out('y', 'rows * cols', { inPlaceOf: ['x'] }),
      input('x', 'rows * cols'),
      input('z', 'rows * cols'),
      input('shares', 'rows'),
      size('rows'),
      size('cols'),
    ],
    split: splitSamples('rows'),
    flops: '3 * rows * cols',
    cost: 'rows * cols / 8',
  }),
  /** y (rows,classes): 1 - shares[r] at labels[r], plus shares[r] at others[r], else 0. */
  mixLabels: kernel({
    parameters: [
      out('y', 'rows * classes'),
      index('labels', 'rows'),
      index('others', 'rows'),
      input('shares', 'rows'),
      size('rows'),
      size('classes'),
    ],
    split: serial,
    flops: '2 * rows',
    cost: 'rows * 5 + rows * classes / 8',
    failures: [labelFailure, otherLabelFailure],
  }),
} as const
