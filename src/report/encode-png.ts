// Pixels as the bytes of a PNG file, by fast-png.

import { type PixelImage, toBytes } from './pixels.js'

/**
 * Encodes a picture as PNG, 8 bits a channel. Numbers that are no bytes are scaled from `range`, by default from their
 * least and greatest value, to 0 … 255. Throws ERR_SHAPE when `pixels` does not fit, ERR_NOT_FINITE for NaN and ±∞.
 */
export async function encodePng(image: PixelImage): Promise<Uint8Array> {
  const data = toBytes('encodePng', image)
  const { encode } = await import('./libraries/fast-png.js')
  const { width, height, channels = 1 } = image
  return encode({ width, height, channels, depth: 8, data })
}
