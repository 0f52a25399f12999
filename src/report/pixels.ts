// Pictures made of pixels: what they are, and their bytes as a screen or a PNG file wants them.

import { describe, netwrightError } from '../errors.js'
import { checkCount, checkNumbers, checkRange } from './check.js'

/** A picture of height × width pixels, row by row, the channels of a pixel side by side. */
export interface PixelImage {
  /** Bytes are shown as they are; other numbers are scaled from `range` to black … white. */
  readonly pixels: Uint8Array | Uint8ClampedArray | Float32Array | Float64Array | readonly number[]
  readonly width: number
  readonly height: number
  /** 1 grey (default), 2 grey and alpha, 3 red, green and blue, 4 with alpha. */
  readonly channels?: 1 | 2 | 3 | 4
  /** What is black and what is white in `pixels` that are no bytes; default: their least and greatest value. */
  readonly range?: readonly [number, number]
}

const isBytes = (pixels: unknown): pixels is Uint8Array | Uint8ClampedArray =>
  pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray

function checkPixels(where: string, { pixels, width, height, channels = 1, range }: PixelImage): void {
  checkNumbers(where, 'pixels', pixels)
  checkCount(where, 'width', width)
  checkCount(where, 'height', height)
  checkCount(where, 'channels', channels, 4)
  if (range !== undefined) checkRange(where, 'range', range)
  if (pixels.length === width * height * channels) return
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: pixels has ${pixels.length} numbers, expected width ${width} × height ${height} × channels ${channels} = ${width * height * channels}`,
    'RangeError',
  )
}

function extent(where: string, pixels: ArrayLike<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i] as number
    if (!Number.isFinite(value)) {
      throw netwrightError('ERR_NOT_FINITE', `${where}: pixels[${i}] is ${describe(value)}, expected a finite number`)
    }
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** The picture as bytes. Numbers outside `range` are cut to it; a picture of one value only is mid-grey. */
export function toBytes(where: string, image: PixelImage): Uint8Array {
  checkPixels(where, image)
  const { pixels, range } = image
  if (isBytes(pixels)) return Uint8Array.from(pixels)
  const found = extent(where, pixels)
  const [low, high] = range ?? found
  // Halves, since high - low may be beyond the greatest number.
  const span = high / 2 - low / 2
  const bytes = new Uint8Array(pixels.length)
  for (let i = 0; i < bytes.length; i++) {
    const share = span > 0 ? ((pixels[i] as number) / 2 - low / 2) / span : 0.5
    bytes[i] = Math.round(255 * Math.min(1, Math.max(0, share)))
  }
  return bytes
}
