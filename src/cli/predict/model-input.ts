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

  /** Throws ERR_DATA, naming `file`, for raw samples of a `shape` that has not as many numbers as the model's. */
  requireSize(file: string, shape: Shape): void {
    if (sizeOf(shape) === this.rawSize) return
    const { images } = this
    const expected =
      images === undefined
        ? `samples of shape ${shapeText(this.#shape)}`
        : `images of ${images.channels}×${images.height}×${images.width} (channels, height, width)`
    throw netwrightError('ERR_DATA', `${file}: has samples of shape ${shapeText(shape)}, the model takes ${expected}`)
  }

  /** The model's samples from raw ones (N, …) of the right size: bytes of pictures, or numbers in the source's units. */
  samples(raw: Tensor): Tensor {
    const [rows = 0] = raw.shape
    const { images } = this
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
