// A PNG writer for tests, apart from the one that netwright uses: any colour type and depth, filters by row, any chunk.

import { deflateSync } from 'node:zlib'

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

export function chunk(type: string, data: ArrayLike<number>): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Uint8Array.from(data)])
  const bytes = Buffer.alloc(8 + body.length)
  bytes.writeUInt32BE(data.length, 0)
  body.copy(bytes, 4)
  bytes.writeUInt32BE(crc32(body), 4 + body.length)
  return bytes
}

export const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
export const end = chunk('IEND', [])

export interface PngHeader {
  readonly width: number
  readonly height: number
  readonly depth?: number
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colourType?: number
  readonly interlace?: number
}

export function header({ width, height, depth = 8, colourType = 0, interlace = 0 }: PngHeader): Uint8Array {
  const bytes = Buffer.alloc(13)
  bytes.writeUInt32BE(width, 0)
  bytes.writeUInt32BE(height, 4)
  bytes.set([depth, colourType, 0, 0, interlace], 8)
  return chunk('IHDR', bytes)
}

/** `rows` are packed rows without filter bytes; filter 1 (Sub, by `pixelBytes`) where asked, else 0. */
export function pixels(rows: readonly (readonly number[])[], subBy?: number): Uint8Array {
  const filtered = rows.flatMap((row) =>
    subBy === undefined ? [0, ...row] : [1, ...row.map((byte, i) => (byte - (row[i - subBy] ?? 0)) & 255)],
  )
  return chunk('IDAT', deflateSync(Uint8Array.from(filtered)))
}

export function png(head: PngHeader, rows: readonly (readonly number[])[], before: readonly Uint8Array[] = []): Buffer {
  return Buffer.concat([signature, header(head), ...before, pixels(rows), end])
}
