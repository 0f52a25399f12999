// PNG files as pictures. fast-png decodes; here is what it leaves open: limits, and one kind of picture out of many.

import { inflate } from 'node:zlib'
import { checkPixelCount, imageError, overWhite, type Picture } from './picture.js'

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

export const isPng = (bytes: Uint8Array): boolean => signature.every((byte, i) => bytes[i] === byte)

const colourTypes: Readonly<Record<number, { readonly name: string; readonly channels: number; depths: number[] }>> = {
  0: { name: 'grey', channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { name: 'RGB', channels: 3, depths: [8, 16] },
  3: { name: 'palette', channels: 1, depths: [1, 2, 4, 8] },
  4: { name: 'grey with alpha', channels: 2, depths: [8, 16] },
  6: { name: 'RGB with alpha', channels: 4, depths: [8, 16] },
}

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly hasPalette: boolean
  readonly interlaced: boolean
  /** Bytes of all rows, each with its filter byte, before they are compressed. */
  readonly rawBytes: number
}

/**
 * The PNG file `bytes`, called `name` in errors. Alpha and transparent colours are laid over white; 16 bits are rounded
 * to 8. Checks every chunk's bounds and the length of the inflated pixels before they are decoded: neither a header nor
 * a compressed stream makes it allocate more than the picture takes. Throws ERR_DATA.
 */
export async function decodePng(name: string, bytes: Uint8Array, maxPixels: number): Promise<Picture> {
  const { header, needed, compressed } = readChunks(name, bytes, maxPixels)
  await checkInflated(name, compressed, header.rawBytes)
  const { decode } = await import('../../report/libraries/fast-png.js')
  try {
    return toPicture(header, decode(needed, { checkCrc: true }))
  } catch (error) {
    throw imageError(name, `is a damaged PNG (${(error as Error).message})`)
  }
}

/** The header, a PNG of only the chunks that pixels depend on, and its compressed pixels. */
function readChunks(name: string, bytes: Uint8Array, maxPixels: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const needed: Uint8Array[] = [bytes.subarray(0, 8)]
  const compressed: Uint8Array[] = []
  let header: Header | undefined
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw truncated(name, bytes)
    const length = view.getUint32(at)
    const type = textOf(bytes.subarray(at + 4, at + 8))
    const end = at + 12 + length
    if (end > bytes.length) throw truncated(name, bytes)
    const isFirst = header === undefined
    if (isFirst !== (type === 'IHDR') || (isFirst && length !== 13)) {
      throw imageError(name, `is a damaged PNG (chunk ${JSON.stringify(type)} of ${length} bytes at byte ${at})`)
    }
    header ??= readHeader(name, new DataView(bytes.buffer, bytes.byteOffset + at + 8, 13), maxPixels)
    // Others, such as compressed colour profiles, are of no use here and may be of any size.
    if (['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'].includes(type)) needed.push(bytes.subarray(at, end))
    if (type === 'IDAT') compressed.push(bytes.subarray(at + 8, at + 8 + length))
    if (type === 'IEND') return { header, needed: Buffer.concat(needed), compressed: Buffer.concat(compressed) }
    at = end
  }
}

const truncated = (name: string, { length }: Uint8Array): Error =>
  imageError(name, `is a truncated PNG (it ends after ${length} bytes, within a chunk or without its last one)`)

function readHeader(name: string, view: DataView, maxPixels: number): Header {
  const [width, height] = [view.getUint32(0), view.getUint32(4)]
  const [depth, colourType, interlace] = [view.getUint8(8), view.getUint8(9), view.getUint8(12)]
  const kind = colourTypes[colourType]
  if (kind === undefined || !kind.depths.includes(depth) || interlace > 1) {
    throw imageError(
      name,
      `is a damaged PNG (its header has colour type ${colourType}, ${depth} bits and interlacing ${interlace})`,
    )
  }
  checkPixelCount(name, width, height, maxPixels)
  const interlaced = interlace === 1
  if (interlaced && depth < 8) {
    throw imageError(
      name,
      `is an interlaced PNG of ${depth} bits a pixel, which cannot be read; save it not interlaced`,
    )
  }
  const rawBytes = passes(width, height, interlaced)
    .map(([across, down]) => down * (1 + Math.ceil((across * kind.channels * depth) / 8)))
    .reduce((sum, size) => sum + size)
  return { width, height, depth, hasPalette: colourType === 3, interlaced, rawBytes }
}

/** Width and height of the pictures that the file holds one after the other: one, or the seven of Adam7. */
function passes(width: number, height: number, interlaced: boolean): readonly (readonly [number, number])[] {
  if (!interlaced) return [[width, height]]
  const starts = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const
  return starts
    .map(([x, y, stepX, stepY]) => [Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)] as const)
    .filter(([across, down]) => across > 0 && down > 0)
}

/** fast-png inflates whatever comes, so zlib, which stops at a limit, does it first. It takes a fifth of the time. */
async function checkInflated(name: string, compressed: Uint8Array, rawBytes: number): Promise<void> {
  const length = await new Promise<number>((resolve, reject) => {
    inflate(compressed, { maxOutputLength: rawBytes }, (error, raw) => {
      if (error === null) resolve(raw.length)
      else if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') resolve(Number.POSITIVE_INFINITY)
      else reject(imageError(name, `is a damaged PNG (its pixels: ${error.message})`))
    })
  })
  if (length === rawBytes) return
  const got = length < rawBytes ? `${length}: truncated` : 'more'
  throw imageError(name, `is a damaged PNG (its header announces ${rawBytes} bytes of pixels, got ${got})`)
}

type Decoded = ReturnType<typeof import('../../report/libraries/fast-png.js').decode>

function toPicture({ width, height, depth, hasPalette }: Header, decoded: Decoded): Picture {
  const { data, palette, transparency } = decoded
  const pixels = width * height
  if (hasPalette) {
    if (palette === undefined) throw new Error('it has no palette')
    const colours = palette.map(([red = 0, green = 0, blue = 0, alpha = 255]) =>
      [red, green, blue].map((value) => overWhite(value, alpha)),
    )
    const bytes = new Uint8Array(3 * pixels)
    forEachSample(data, width, height, depth, (index, i) => {
      const colour = colours[index]
      if (colour === undefined) throw new Error(`pixel ${i} is of colour ${index}, the palette has ${colours.length}`)
      bytes.set(colour, 3 * i)
    })
    return { width, height, channels: 3, bytes }
  }
  const colours = decoded.channels < 3 ? 1 : 3
  const hasAlpha = decoded.channels !== colours
  const samples = depth < 8 ? new Uint8Array(pixels) : data
  if (depth < 8) {
    forEachSample(data, width, height, depth, (value, i) => {
      samples[i] = value
    })
  }
  const greatest = 2 ** depth - 1
  const toByte = (value: number): number => Math.floor((2 * value * 255 + greatest) / (2 * greatest))
  const bytes = new Uint8Array(pixels * colours)
  for (let i = 0; i < pixels; i++) {
    const at = i * decoded.channels
    let alpha = hasAlpha ? toByte(samples[at + colours] as number) : 255
    // One colour may be declared transparent: compared before it is rounded.
    if (transparency !== undefined && isColour(samples, at, transparency, colours)) alpha = 0
    for (let k = 0; k < colours; k++) bytes[i * colours + k] = overWhite(toByte(samples[at + k] as number), alpha)
  }
  return { width, height, channels: colours, bytes }
}

function isColour(samples: ArrayLike<number>, at: number, colour: Uint16Array, channels: number): boolean {
  for (let k = 0; k < channels; k++) if (samples[at + k] !== colour[k]) return false
  return true
}

/** Samples of one channel, of 1 to 8 bits, packed from each byte's high end; rows begin on bytes. */
function forEachSample(
  data: ArrayLike<number>,
  width: number,
  height: number,
  depth: number,
  visit: (sample: number, index: number) => void,
): void {
  const rowBytes = Math.ceil((width * depth) / 8)
  const mask = 2 ** depth - 1
  for (let i = 0; i < width * height; i++) {
    const bit = (i % width) * depth
    const byte = data[Math.floor(i / width) * rowBytes + (bit >> 3)] as number
    visit((byte >> (8 - depth - (bit & 7))) & mask, i)
  }
}
