// Augmentation: the calls that change the samples of a batch, in a recorded step or by hand.

import type { Preprocessing } from '../data/preprocessing.js'
import { checkOptions, netwrightError, requireWhole } from '../errors.js'
import { eagerKernels, floatTypeOf } from '../kernels/default-backend.js'
import type { Kernels, Scalar } from '../kernels/kernels.js'
import type { Loss } from '../losses/loss.js'
import { RealConstant } from '../losses/real-constant.js'
import { checkSeed } from '../random/random.js'
import type { TensorLike } from '../tensor/create.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { type AugmentOptions, type AugmentSettings, augmentSettings } from './augment-options.js'
import { mixUpShares } from './mix-up-shares.js'

interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** The samples that a batch consists of, and when it is made. */
export interface AugmentedBatch {
  readonly kernels: Kernels
  readonly rows: number
  readonly epoch: Scalar
}

/** What of a data set augmentation needs to know. */
export interface AugmentedData {
  readonly sampleShapes: readonly Shape[]
  readonly preprocessing?: Preprocessing | undefined
}

/** A thread's memory for an image with its edges, in numbers. */
const mostPixels = 2 ** 20
const edges = 4

export class Augmentation {
  /** Undefined where samples are no images, and need not be. */
  readonly #image: ImageShape | undefined
  readonly #settings: AugmentSettings
  readonly #seed: number
  readonly #shares: RealConstant | undefined

  /** Throws ERR_SHAPE where these samples cannot be changed so, saying what to do. */
  constructor(where: string, settings: AugmentSettings, { sampleShapes, preprocessing }: AugmentedData, seed: number) {
    const [shape] = sampleShapes as readonly [Shape]
    if (sampleShapes.length > 1) {
      throw netwrightError(
        'ERR_SHAPE',
        `${where} changes the samples of models with one input; this data set has ${sampleShapes.length}: ` +
          `${sampleShapes.map(shapeText).join(' and ')}`,
      )
    }
    this.#settings = settings
    this.#seed = seed
    this.#image = needsImages(settings) ? imageOf(where, settings, shape, preprocessing) : undefined
    if (settings.mixUp > 0) this.#shares = new RealConstant(mixUpShares(settings.mixUp))
  }

  /** Whether samples and targets are mixed with those of others. */
  get mixes(): boolean {
    return this.#shares !== undefined
  }

  /** Throws ERR_SHAPE where `loss` does not take the rows that labels are mixed to. `output` is without the batch axis. */
  checkLoss(where: string, loss: Loss, output: Shape): void {
    try {
      loss.checkShapes(output, 'dense', [loss.labelCount(output)])
    } catch (error) {
      throw netwrightError(
        'ERR_SHAPE',
        `${where}.mixUp makes a row of probabilities of each label, which ${loss.name}() does not take here: use ` +
          `crossEntropy() without classWeights and ignoreIndex, or leave mixUp out (${(error as Error).message})`,
      )
    }
  }

  /** x (rows, …) as an image, noise and a covered square make it; may write to x. `numbers` (rows) are those of samples. */
  change({ kernels, rows, epoch }: AugmentedBatch, x: Tensor, numbers: Tensor): Tensor {
    const { cutout, noise, fill } = this.#settings
    const key = { rows, numbers, seed: this.#seed, epoch }
    let y = this.#warp(kernels, x, key)
    if (noise > 0) {
      const noisy = kernels.empty(x.shape)
      kernels.addNoise({ y: noisy, x: y, ...key, cols: x.size / rows, std: noise })
      y = noisy
    }
    if (cutout > 0) kernels.cutOut({ y, ...key, ...(this.#image as ImageShape), side: cutout, fill })
    return y
  }

  /** With whom of `samples` each sample is mixed, and its partner's share: each (rows). */
  partners({ kernels, rows, epoch }: AugmentedBatch, numbers: Tensor, samples: Scalar) {
    const quantiles = (this.#shares as RealConstant).of(kernels.real)
    const partners = kernels.empty([rows], 'int32')
    const shares = kernels.empty([rows])
    const points = quantiles.size
    kernels.drawPartners({ partners, shares, numbers, quantiles, rows, samples, points, seed: this.#seed, epoch })
    return { partners, shares }
  }

  #warp(kernels: Kernels, x: Tensor, key: { rows: number; numbers: Tensor; seed: number; epoch: Scalar }): Tensor {
    const { shift, crop, rotate, zoom, shear, flip, fill } = this.#settings
    if (!warps(this.#settings)) return x
    const { channels, height, width } = this.#image as ImageShape
    const { rows } = key
    const maps = kernels.empty([rows, 6])
    const flipBits = flip === null || flip === undefined ? 0 : { horizontal: 1, vertical: 2, both: 3 }[flip]
    kernels.drawWarps({ warps: maps, ...key, height, width, shift, crop, flip: flipBits, rotate, zoom, shear })
    const y = kernels.empty(x.shape)
    kernels.warpImages({ y, x, warps: maps, rows, channels, height, width, fill })
    return y
  }
}

/** x (rows, …) = (1 - share) · x + share · z of each row, in a new tensor. */
export function mixRows(kernels: Kernels, rows: number, x: Tensor, z: Tensor, shares: Tensor): Tensor {
  const y = kernels.empty(x.shape)
  kernels.mixRows({ y, x, z, shares, rows, cols: x.size / rows })
  return y
}

const warps = ({ shift, crop, rotate, zoom, shear, flip }: AugmentSettings): boolean =>
  shift > 0 || crop > 0 || rotate > 0 || zoom > 0 || shear > 0 || flip !== null

const needsImages = (settings: AugmentSettings): boolean => warps(settings) || settings.cutout > 0

function imageOf(where: string, settings: AugmentSettings, shape: Shape, from: Preprocessing | undefined): ImageShape {
  const image = imageShape(shape, from)
  if (image === undefined) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where} changes images, samples (channels, height, width) or (height, width); got samples ${shapeText(shape)}. ` +
        'Reshape them: a model of rows of numbers begins with new Flatten(). noise and mixUp take any shape',
    )
  }
  const { height, width } = image
  for (const name of ['shift', 'crop'] as const) {
    if (settings[name] < Math.min(height, width)) continue
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}.${name} is ${settings[name]}, expected less than a side of the images, ${height}×${width} pixels`,
      'RangeError',
    )
  }
  if (warps(settings) && (height + edges) * (width + edges) > mostPixels) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where} takes images of about a million pixels (1020×1020) at most; got ${height}×${width}`,
    )
  }
  return image
}

function imageShape(shape: Shape, preprocessing: Preprocessing | undefined): ImageShape | undefined {
  if (shape.length === 3) {
    const [channels, height, width] = shape as readonly [number, number, number]
    return { channels, height, width }
  }
  if (shape.length === 2) {
    const [height, width] = shape as readonly [number, number]
    return { channels: 1, height, width }
  }
  const source = preprocessing?.source
  if (source?.kind !== 'images') return undefined
  const { channels, height, width } = source
  return channels * height * width === sizeOf(shape) ? { channels, height, width } : undefined
}

/** Which random numbers {@link augment} takes. */
export interface AugmentPlace {
  /** Default 0. */
  readonly seed?: number
  /** Counted from 0, as the model counts its epochs; default 0. */
  readonly epoch?: number
  /** Number of the first sample; default 0. */
  readonly first?: number
}

/**
 * By hand, to look at: the samples `x` (N, …) as training with `augment: options` changes them in epoch `epoch`, where
 * they are samples `first`, `first` + 1, … of the data set. With `mixUp` partners are taken from `x`.
 *
 * Answers a new tensor (N, …), float64 where x is, else float32; bytes are scaled. Throws ERR_ARGUMENT for bad options,
 * ERR_SHAPE for samples that are no images.
 */
export function augment(x: TensorLike, options: AugmentOptions, place: AugmentPlace = {}): Tensor {
  const settings = augmentSettings('augment', options)
  checkOptions('augment', place, ['seed', 'epoch', 'first'])
  const { seed = 0, epoch = 0, first = 0 } = place
  checkSeed('augment', seed)
  requireWhole('augment: epoch', epoch, 0)
  requireWhole('augment: first', first, 0)
  const kernels = eagerKernels(floatTypeOf(x))
  const given = toReal(x, kernels.real)
  if (given.rank < 2) {
    throw netwrightError('ERR_SHAPE', `augment: x has shape ${shapeText(given.shape)}, expected samples (N, …)`)
  }
  const samples = new Tensor(given.data.slice(), given.shape)
  const [rows] = samples.shape as readonly [number]
  if (settings === undefined || rows === 0) return samples
  const augmentation = new Augmentation('augment', settings, { sampleShapes: [samples.shape.slice(1)] }, seed)
  const batch = { kernels, rows, epoch }
  const numbers = new Tensor(
    Int32Array.from({ length: rows }, (_, i) => first + i),
    [rows],
  )
  const changed = augmentation.change(batch, samples, numbers)
  if (!augmentation.mixes) return changed
  const { partners, shares } = augmentation.partners(batch, numbers, rows)
  const others = kernels.empty(changed.shape)
  const cols = changed.size / rows
  kernels.gatherReals({ y: others, data: changed, order: partners, rows, cols, samples: rows, length: rows, cursor: 0 })
  return mixRows(kernels, rows, changed, others, shares)
}
