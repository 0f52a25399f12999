// JPEG files as pictures, by jpeg-js; its header is read here first, since what it announces is allocated.

import { checkPixelCount, imageError, type Picture } from './picture.js'

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/**
 * The JPEG file `bytes`, called `name` in errors: baseline or progressive, 8 bits, grey, colour or Adobe's CMYK. Colours
 * between the samples of halved channels are repeated, not interpolated; a turn that a camera noted (EXIF) is not made.
 * Throws ERR_DATA.
 */
export async function decodeJpeg(name: string, bytes: Uint8Array, maxPixels: number): Promise<Picture> {
  const { width, height, components } = readHeader(name, bytes)
  checkPixelCount(name, width, height, maxPixels)
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf('ffd9', undefined, 'hex') < 0) {
    throw imageError(name, `is a truncated JPEG (it ends after ${bytes.length} bytes, without an end marker)`)
  }
  const { decode } = await import('../libraries/jpeg-js.js')
  const { data } = (() => {
    try {
      return decode(bytes, {
        useTArray: true,
        formatAsRGBA: false,
        tolerantDecoding: false,
        maxResolutionInMP: maxPixels / 1e6,
        // Coefficients and samples of four channels, a block of them for each kind of rounding up, and the tables.
        maxMemoryUsageInMB: 64 + Math.ceil((48 * (width + 64) * (height + 64)) / 2 ** 20),
      })
    } catch (error) {
      throw imageError(name, `is a damaged JPEG (${(error as Error).message})`)
    }
  })()
  if (components > 1) return { width, height, channels: 3, bytes: data }
  const grey = new Uint8Array(width * height)
  for (let i = 0; i < grey.length; i++) grey[i] = data[3 * i] as number
  return { width, height, channels: 1, bytes: grey }
}

/** Sizes from the first frame header. */
function readHeader(name: string, bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 2
  while (at + 4 <= bytes.length) {
    const marker = view.getUint16(at)
    if (marker === 0xffff) {
      at += 1
      continue
    }
    const kind = marker & 0xff
    if (marker < 0xff00 || kind === 0xd9 || kind === 0xda) break
    // C4, C8 and CC are no frames.
    if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind)) {
      if (at + 10 > bytes.length) break
      const precision = view.getUint8(at + 4)
      if (kind > 0xc2 || precision !== 8) {
        const what = kind > 0xc2 ? 'lossless, hierarchical or arithmetic-coded' : `${precision}-bit`
        throw imageError(name, `is a ${what} JPEG, expected baseline or progressive with 8 bits`)
      }
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: view.getUint8(at + 9) }
    }
    at += 2 + view.getUint16(at + 2)
  }
  throw imageError(name, `is a truncated or damaged JPEG (no frame header in its ${bytes.length} bytes)`)
}
