// What a model takes: raw samples, as files hold them, to tensors that it predicts.

import type { ImageSource, Preprocessing, TableSource } from '../../data/preprocessing.js'
import { netwrightError } from '../../errors.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import { UsageError } from '../errors.js'
import type { OpenModel } from '../model-source.js'

const byte = 255

export class ModelInput {
  readonly #shape: Shape
  readonly #invert: boolean
  readonly #preprocessing: Preprocessing | undefined
  /** How its pictures look; undefined for a model that takes none. */
  readonly images: ImageSource | undefined
  /** The columns that it was trained on; undefined for a model of no table. */
  readonly table: TableSource | undefined

  /** Throws a UsageError for `invert` with a model that takes no images. */
  constructor({ name, inputShape, model: { preprocessing } }: OpenModel, invert: boolean) {
    const source = preprocessing?.source
    this.#shape = inputShape
    this.#invert = invert
    this.#preprocessing = preprocessing
    this.table = source?.kind === 'table' ? source : undefined
    this.images = source?.kind === 'images' ? source : source === undefined ? imagesOf(inputShape) : undefined
    if (invert && this.images === undefined)
      throw new UsageError(`--invert goes with images, which ${name} does not take`)
  }

  /** Numbers of a sample as it comes out of its source, before the transforms. */
  get rawSize(): number {
    if (this.images !== undefined) return this.images.channels * this.images.height * this.images.width
    return sizeOf(this.#shape)
  }

  /** Whether `shape` is that of one sample, without a batch axis. */
  isSample(shape: Shape): boolean {
    const { images } = this
    if (sameShape(shape, this.#shape)) return true
    if (images === undefined) return false
    const { channels, height, width } = images
    return sameShape(shape, [channels, height, width]) || (channels === 1 && sameShape(shape, [height, width]))
  }

  /**
   * The model's samples from the raw ones (N, …) of `file`: bytes of pictures, or numbers in the units of the model's
   * source. Throws ERR_DATA for samples of another size.
   */
  samples(file: string, raw: Tensor): Tensor {
    const [rows = 0] = raw.shape
    const { images } = this
    const size = sizeOf(raw.shape.slice(1))
    if (size !== this.rawSize) {
      const expected =
        images === undefined ? shapeText(this.#shape) : shapeText([images.channels, images.height, images.width])
      const got = shapeText(raw.shape.slice(1))
      throw netwrightError('ERR_DATA', `${file}: has samples of shape ${got}, the model takes ${expected}`)
    }
    const shaped = images === undefined ? raw : raw.reshape(rows, images.channels, images.height, images.width)
    const prepared = this.#preprocessing?.apply(this.#scaled(shaped)) ?? this.#scaled(shaped)
    return prepared.reshape(rows, ...this.#shape)
  }

  #scaled(raw: Tensor): Tensor {
    const { images } = this
    if (images === undefined) return raw
    if (raw.element !== 'uint8') {
      return this.#invert
        ? new Tensor(
            raw.toFloat32().map((value) => byte * images.scale - value),
            raw.shape,
          )
        : raw
    }
    const bytes = raw.data as Uint8Array
    return new Tensor(this.#invert ? bytes.map((value) => byte - value) : bytes, raw.shape, { scale: images.scale })
  }
}

/** Of a model that does not know where its samples come from: images as `readImage` and `mnist` give them. */
function imagesOf(shape: Shape): ImageSource | undefined {
  const image = { kind: 'images', scale: 1 / byte } as const
  if (shape.length === 3) {
    const [channels, height, width] = shape as readonly [number, number, number]
    return channels === 1 || channels === 3 ? { ...image, channels, height, width } : undefined
  }
  if (shape.length === 2) return { ...image, channels: 1, height: shape[0] as number, width: shape[1] as number }
  return undefined
}
