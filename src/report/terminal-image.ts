// Pictures in the terminal: two grey pixels in each character cell, or shades of ASCII where there are no colours.

import { checkOptions, describe, netwrightError } from '../errors.js'
import { colorDepth, setting } from '../platform.js'
import { type PixelImage, toBytes } from './pixels.js'

export interface TerminalImageOptions {
  /** 24-bit colours, the 256 colours, or text only; default: what standard output offers (NO_COLOR means none). */
  readonly colors?: 'truecolor' | '256' | 'none'
}

const modes = ['truecolor', '256', 'none'] as const
type Mode = (typeof modes)[number]

function offered(): Mode {
  if (setting('NO_COLOR') !== undefined) return 'none'
  const depth = colorDepth()
  return depth >= 24 ? 'truecolor' : depth >= 8 ? '256' : 'none'
}

/** From empty to full; a pixel is two characters wide, which makes it about square. */
const shades = ' .:-=+*#%@'

const shadeOf = (grey: number) => (shades[Math.round((grey / 255) * (shades.length - 1))] as string).repeat(2)

/** The 256 colours have 24 greys, from 8 to 238 in steps of 10, besides black (16) and white (231). */
function paletteIndex(grey: number): number {
  if (grey < 4) return 16
  return grey > 246 ? 231 : Math.min(255, 232 + Math.round((grey - 8) / 10))
}

function color(grey: number, ground: 'front' | 'back', mode: Mode): string {
  const select = ground === 'front' ? 38 : 48
  return mode === 'truecolor'
    ? `${select};2;${grey};${grey};${grey}`
    : `${select};5;${Math.max(16, paletteIndex(grey))}`
}

/** Rec. 601's brightness of pixels with colours, on black where they are transparent. */
function toGrey(bytes: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return bytes
  const grey = new Uint8Array(bytes.length / channels)
  for (let i = 0; i < grey.length; i++) {
    const at = (offset: number) => bytes[i * channels + offset] as number
    const light = channels < 3 ? at(0) : 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2)
    grey[i] = Math.round(channels % 2 === 0 ? (light * at(channels - 1)) / 255 : light)
  }
  return grey
}

/**
 * Answers the lines of text, parted by '\n', that show a picture in the terminal, in grey: with colours a character is
 * one pixel wide and two high (▀), without them two characters are one pixel. Numbers that are no bytes are scaled as
 * `encodePng` does.
 */
export function terminalImage(image: PixelImage, options: TerminalImageOptions = {}): string {
  const where = 'terminalImage'
  checkOptions(where, options, ['colors'])
  const mode = options.colors ?? offered()
  if (!modes.includes(mode)) {
    const message = `${where}: colors is ${describe(mode)}, expected one of ${modes.join(', ')}`
    throw netwrightError('ERR_ARGUMENT', message, 'TypeError')
  }
  const { width, height, channels = 1 } = image
  const grey = toGrey(toBytes(where, image), channels)
  const row = (y: number) => Array.from(grey.subarray(y * width, (y + 1) * width))
  if (mode === 'none') {
    return Array.from({ length: height }, (_, y) => row(y).map(shadeOf).join('').trimEnd()).join('\n')
  }
  const lines = Array.from({ length: Math.ceil(height / 2) }, (_, pair) => {
    const below = 2 * pair + 1 < height ? row(2 * pair + 1) : undefined
    let codes = ''
    const cells = row(2 * pair).map((top, x) => {
      const under = below === undefined ? [] : [color(below[x] as number, 'back', mode)]
      const next = [color(top, 'front', mode), ...under].join(';')
      const change = next === codes ? '' : `\x1b[${next}m`
      codes = next
      return `${change}▀`
    })
    return `${cells.join('')}\x1b[0m`
  })
  return lines.join('\n')
}
