// A decoded picture, and what every decoder does with pixels: alpha, shades of grey, planes.

import { netwrightError, type Remedies, withRemedies } from '../../errors.js'

/** Pixels row by row, the channels of a pixel side by side: 1 grey, 3 red, green, blue. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly bytes: Uint8Array
}

/** ERR_DATA: what is wrong with the image `name`. */
export const imageError = (name: string, problem: string, remedies: Remedies = {}): Error =>
  withRemedies(netwrightError('ERR_DATA', `${name}: ${problem}`), remedies)

/** Refuses what a header announces before anything of that size is allocated. */
export function checkPixelCount(name: string, width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw imageError(name, `is ${width}×${height} pixels, expected at least one`)
  if (width * height <= maxPixels) return
  throw imageError(
    name,
    `is ${width}×${height} = ${width * height} pixels, expected at most ${maxPixels}; make it smaller`,
    { maxPixels: 'or give a greater maxPixels' },
  )
}

/** `value` with opacity `alpha`, 0 to 255, over white; rounded to nearest. */
export const overWhite = (value: number, alpha: number): number =>
  Math.floor((2 * (value * alpha + 255 * (255 - alpha)) + 255) / 510)

/** The picture with this many channels. Grey is ITU-R BT.601 luma in whole numbers, as Pillow computes it. */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture
  const { width, height, bytes: from } = picture
  const pixels = width * height
  const bytes = new Uint8Array(pixels * channels)
  if (channels === 3) {
    for (let i = 0; i < bytes.length; i++) bytes[i] = from[Math.floor(i / 3)] as number
  } else {
    for (let i = 0; i < pixels; i++) {
      const [red, green, blue] = [from[3 * i], from[3 * i + 1], from[3 * i + 2]] as [number, number, number]
      bytes[i] = (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16
    }
  }
  return { width, height, channels, bytes }
}

/** Writes the picture to `to`, channel after channel: (C, H, W). */
export function writePlanes({ width, height, channels, bytes }: Picture, to: Uint8Array): void {
  const pixels = width * height
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < pixels; i++) to[channel * pixels + i] = bytes[i * channels + channel] as number
  }
}
