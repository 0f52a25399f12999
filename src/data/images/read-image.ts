// One image file as a tensor.

import { readFile, stat } from 'node:fs/promises'
import { checkOptions, describe, netwrightError, requireWhole } from '../../errors.js'
import { systemProblem } from '../../files/file-error.js'
import { Tensor } from '../../tensor/tensor.js'
import { decodeJpeg, isJpeg } from './decode-jpeg.js'
import { decodePng, isPng } from './decode-png.js'
import { imageError, type Picture, withChannels, writePlanes } from './picture.js'
import { resize } from './resize.js'

export interface ReadImageOptions {
  /** 1: shades of grey, 3: red, green, blue. Default: 1 for a file of greys, else 3. */
  readonly channels?: 1 | 3
  /** Pixels of a row to stretch the image to, given with `height`. Default: as it is. */
  readonly width?: number
  /** Rows to stretch the image to, given with `width`. Default: as it is. */
  readonly height?: number
  /** Refuse images of more pixels, before they are decoded; default 2^25, 33 million. */
  readonly maxPixels?: number
}

export const defaultMaxPixels = 2 ** 25

/**
 * A PNG or JPEG file, given by its path or its bytes and told apart by content, as bytes (C, H, W) with scale 1/255.
 *
 * Grey is 0.299 R + 0.587 G + 0.114 B in whole numbers, as Pillow computes it. Transparent parts are laid over white, as viewers show
 * them; palettes become colours; 16 bits are rounded to 8; colour profiles and EXIF turns are not applied. With `width`
 * and `height` an axis that shrinks takes the mean of the pixels covered, one that grows is interpolated. All of it is
 * exact integer arithmetic: the same bytes on every machine.
 *
 * PNGs are decoded by fast-png, JPEGs by jpeg-js (baseline and progressive, 8 bits). Throws ERR_DATA, naming the file: missing, no
 * PNG or JPEG, truncated or damaged, more pixels than `maxPixels`; ERR_ARGUMENT for an option out of range.
 */
export async function readImage(source: string | URL | Uint8Array, options: ReadImageOptions = {}): Promise<Tensor> {
  checkOptions('readImage', options, ['channels', 'width', 'height', 'maxPixels'])
  checkImageOptions('readImage', options)
  const { channels, width, height, maxPixels = defaultMaxPixels } = options
  const [name, bytes] = await load(source, maxPixels)
  let picture = await decodeImage(name, bytes, maxPixels)
  if (channels !== undefined) picture = withChannels(picture, channels)
  if (width !== undefined && height !== undefined) picture = resize(picture, width, height)
  const data = new Uint8Array(picture.bytes.length)
  writePlanes(picture, data)
  return new Tensor(data, [picture.channels, picture.height, picture.width], { scale: 1 / 255 })
}

async function load(source: string | URL | Uint8Array, maxPixels: number): Promise<readonly [string, Uint8Array]> {
  if (source instanceof Uint8Array) return ['image', source]
  if (typeof source === 'string' || source instanceof URL) {
    return [String(source), await readImageFile(source, maxPixels)]
  }
  throw netwrightError(
    'ERR_ARGUMENT',
    `readImage: got ${describe(source)}, expected the path of a PNG or JPEG file, or its bytes`,
    'TypeError',
  )
}

/** Throws ERR_ARGUMENT; `where` names the function. */
export function checkImageOptions(
  where: string,
  { channels, width, height, maxPixels = defaultMaxPixels }: ReadImageOptions,
): void {
  if (channels !== undefined && channels !== 1 && channels !== 3) {
    throw netwrightError('ERR_ARGUMENT', `${where}: channels is ${describe(channels)}, expected 1 or 3`, 'RangeError')
  }
  if ((width === undefined) !== (height === undefined)) {
    const [given, missing] = width === undefined ? ['height', 'width'] : ['width', 'height']
    throw netwrightError('ERR_ARGUMENT', `${where}: ${given} is given without ${missing}, expected both or none`)
  }
  if (width !== undefined) requireWhole(`${where}: width`, width)
  if (height !== undefined) requireWhole(`${where}: height`, height)
  requireWhole(`${where}: maxPixels`, maxPixels)
  if (width === undefined || height === undefined || width * height <= maxPixels) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: width ${width} × height ${height} are ${width * height} pixels, expected at most maxPixels, ${maxPixels}`,
    'RangeError',
  )
}

/** The file's bytes. Throws ERR_DATA, also for files larger than an image of `maxPixels` can be. */
export async function readImageFile(path: string | URL, maxPixels: number): Promise<Uint8Array> {
  // RGB with alpha, 16 bits each, not compressed at all; and room for what else stands in such files.
  const maxBytes = 8 * maxPixels + 2 ** 24
  try {
    // Before it is opened: a pipe would wait for its writer.
    const info = await stat(path)
    if (!info.isFile()) throw new Error('not a regular file')
    if (info.size > maxBytes) throw new Error(`${info.size} bytes, expected at most ${maxBytes}`)
    return await readFile(path)
  } catch (error) {
    throw imageError(String(path), `cannot be read (${systemProblem(error)}); expected a PNG or JPEG file`)
  }
}

/** Throws ERR_DATA, naming the image `name`. */
export async function decodeImage(name: string, bytes: Uint8Array, maxPixels: number): Promise<Picture> {
  if (isPng(bytes)) return decodePng(name, bytes, maxPixels)
  if (isJpeg(bytes)) return decodeJpeg(name, bytes, maxPixels)
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  throw imageError(name, `is no PNG or JPEG (${bytes.length === 0 ? 'it is empty' : `it begins with ${start}`})`)
}
