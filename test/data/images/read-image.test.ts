// PNGs of every kind by hand, JPEGs by Pillow, and everything that is damaged or too large.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readImage } from '../../../src/data/images/read-image.js'
import { encodePng } from '../../../src/report/encode-png.js'
import { failureOf } from '../../failure.js'
import { jpegs, luma, rgb } from './jpegs.js'
import { chunk, end, header, pixels, png, signature } from './png-bytes.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-images-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const bytesOf = async (...args: Parameters<typeof readImage>) => [...(await readImage(...args)).data]
const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
/** 13 by 10, RGB. */
const picture = () => encodePng({ width: 13, height: 10, channels: 3, pixels: fromBase64(rgb) })

describe('PNG', () => {
  test('grey and RGB, planes one after the other, scale 1/255', async () => {
    const grey = await readImage(
      png({ width: 3, height: 2 }, [
        [0, 1, 2],
        [253, 254, 255],
      ]),
    )
    expect([grey.shape, [...grey.data], grey.scale, grey.element]).toEqual([
      [1, 2, 3],
      [0, 1, 2, 253, 254, 255],
      1 / 255,
      'uint8',
    ])
    const colour = await readImage(png({ width: 2, height: 1, colourType: 2 }, [[1, 2, 3, 4, 5, 6]]))
    expect([colour.shape, [...colour.data]]).toEqual([
      [3, 1, 2],
      [1, 4, 2, 5, 3, 6],
    ])
  })

  test('what encodePng writes, from a file', async () => {
    const path = join(folder, 'picture.png')
    writeFileSync(path, await picture())
    const { shape, data } = await readImage(path)
    const original = fromBase64(rgb)
    expect(shape).toEqual([3, 10, 13])
    expect([...data]).toEqual([0, 1, 2].flatMap((k) => [...original.filter((_, i) => i % 3 === k)]))
  })

  test.each<[string, Buffer, number[]]>([
    [
      '1 bit',
      png({ width: 10, height: 2, depth: 1 }, [
        [0b10100000, 0b01000000],
        [1, 0],
      ]),
      [255, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0],
    ],
    ['2 bits', png({ width: 5, height: 1, depth: 2 }, [[0b00011011, 0b10000000]]), [0, 85, 170, 255, 170]],
    ['4 bits', png({ width: 3, height: 1, depth: 4 }, [[0x0f, 0x80]]), [0, 255, 136]],
    [
      '16 bits, rounded',
      png({ width: 4, height: 1, depth: 16 }, [[0, 128, 0, 129, 255, 127, 255, 126]]),
      [0, 1, 255, 254],
    ],
    [
      'alpha over white',
      png({ width: 4, height: 1, colourType: 4 }, [[0, 0, 0, 255, 0, 128, 100, 51]]),
      [255, 0, 127, 224],
    ],
    ['one transparent grey', png({ width: 3, height: 1 }, [[7, 8, 9]], [chunk('tRNS', [0, 8])]), [7, 255, 9]],
  ])('grey: %s', async (_, bytes, wanted) => {
    expect(await bytesOf(bytes)).toEqual(wanted)
  })

  test.each<[string, Buffer, number[]]>([
    [
      'RGB with alpha',
      png({ width: 2, height: 1, colourType: 6 }, [[10, 20, 30, 255, 0, 100, 255, 51]]),
      [10, 204, 20, 224, 30, 255],
    ],
    ['16 bits', png({ width: 1, height: 1, colourType: 2, depth: 16 }, [[1, 0, 128, 0, 255, 255]]), [1, 128, 255]],
    [
      'a transparent colour',
      png({ width: 3, height: 1, colourType: 2 }, [[1, 2, 3, 1, 2, 4, 0, 0, 0]], [chunk('tRNS', [0, 1, 0, 2, 0, 3])]),
      [255, 1, 0, 255, 2, 0, 255, 4, 0],
    ],
    [
      'palette of 2 bits',
      png(
        { width: 5, height: 1, colourType: 3, depth: 2 },
        [[0b00011000, 0b01000000]],
        [chunk('PLTE', [1, 2, 3, 4, 5, 6, 7, 8, 9])],
      ),
      [1, 4, 7, 1, 4, 2, 5, 8, 2, 5, 3, 6, 9, 3, 6],
    ],
    [
      'palette with alpha',
      png({ width: 2, height: 1, colourType: 3 }, [[0, 1]], [chunk('PLTE', [0, 0, 0, 4, 5, 6]), chunk('tRNS', [0])]),
      [255, 4, 255, 5, 255, 6],
    ],
  ])('colour: %s', async (_, bytes, wanted) => {
    expect(await bytesOf(bytes)).toEqual(wanted)
  })

  test('interlaced, filtered, in two chunks of pixels, with a large profile that is passed over', async () => {
    // The seven passes of a 3 by 3 picture with pixels 0 … 8: (0,0) | – | – | (2,0) | (0,2) (2,2) | (1,0) (1,2) | row 1.
    const passes = [[0], [2], [6, 8], [1], [7], [3, 4, 5]]
    const whole = pixels(passes, 1).subarray(8, -4)
    const bomb = chunk('iCCP', [65, 0, 0, ...deflateSync(Buffer.alloc(1e6))])
    const bytes = Buffer.concat([
      signature,
      header({ width: 3, height: 3, interlace: 1 }),
      bomb,
      chunk('IDAT', whole.subarray(0, 9)),
      chunk('IDAT', whole.subarray(9)),
      end,
    ])
    expect(await bytesOf(bytes)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('JPEG', () => {
  test.each(Object.entries(jpegs))('%s, as Pillow reads it', async (_, { file, pixels, channels, tolerance }) => {
    const image = await readImage(fromBase64(file))
    expect(image.shape).toEqual([channels, 10, 13])
    const wanted = fromBase64(pixels)
    const differences = [...wanted].map((value, i) =>
      Math.abs(value - (image.data[(i % channels) * 130 + Math.floor(i / channels)] as number)),
    )
    expect(Math.max(...differences)).toBeLessThanOrEqual(tolerance)
  })
})

describe('channels and sizes', () => {
  test('grey of colours as Pillow makes it; colours of grey', async () => {
    expect(await bytesOf(await picture(), { channels: 1 })).toEqual([...fromBase64(luma)])
    expect(await bytesOf(png({ width: 2, height: 1 }, [[1, 9]]), { channels: 3 })).toEqual([1, 9, 1, 9, 1, 9])
  })

  test('smaller is the mean of what is covered, larger is interpolated, rounded to nearest', async () => {
    const image = png({ width: 4, height: 2 }, [
      [0, 10, 20, 30],
      [100, 110, 120, 131],
    ])
    expect(await bytesOf(image, { width: 2, height: 1 })).toEqual([55, 75])
    // Thirds: (0 + 10/3) / (4/3), (20/3 + 10·2/3)…
    const row = png({ width: 4, height: 1 }, [[0, 10, 20, 30]])
    expect(await bytesOf(row, { width: 3, height: 1 })).toEqual([3, 15, 28])
    expect(await bytesOf(png({ width: 2, height: 1 }, [[0, 100]]), { width: 4, height: 1 })).toEqual([0, 25, 75, 100])
    // One axis grows, one shrinks.
    expect(await bytesOf(image, { width: 8, height: 1 })).toEqual([50, 53, 58, 63, 68, 73, 78, 81])
    expect(await bytesOf(row, { width: 4, height: 1 })).toEqual([0, 10, 20, 30])
  })

  test('a constant stays constant at any size', async () => {
    const rows = Array.from({ length: 7 }, () => Array.from({ length: 5 }, () => 201))
    for (const [width, height] of [
      [1, 1],
      [3, 11],
      [64, 2],
      [5, 6],
    ] as const) {
      const data = await bytesOf(png({ width: 5, height: 7 }, rows), { width, height })
      expect(data).toEqual(Array.from({ length: width * height }, () => 201))
    }
  })
})

describe('refuses', () => {
  const good = png({ width: 3, height: 2 }, [
    [0, 1, 2],
    [3, 4, 5],
  ])
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 255 : byte))
  const jpeg = fromBase64(jpegs.baseline?.file ?? '')
  const cut = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(bytes.length * share))
  const withSize = (bytes: Uint8Array, size: number) => {
    const copy = Buffer.from(bytes)
    const at = copy.indexOf('ffc0', 0, 'hex')
    copy.writeUInt16BE(size, at + 5)
    copy.writeUInt16BE(size, at + 7)
    return copy
  }
  test.each<[string, Uint8Array, string]>([
    ['no image', Buffer.from('hello'), 'is no PNG or JPEG (it begins with 68 65 6c 6c)'],
    ['an empty file', new Uint8Array(0), 'is no PNG or JPEG (it is empty)'],
    ['half a PNG', cut(good, 0.5), 'is a truncated PNG (it ends after'],
    ['a PNG without its end', good.subarray(0, -12), 'is a truncated PNG'],
    ['a damaged chunk', flipped(good, 43), 'is a damaged PNG'],
    ['a wrong checksum', flipped(good, good.length - 14), 'is a damaged PNG (CRC mismatch'],
    [
      'an unknown filter',
      Buffer.concat([signature, header({ width: 1, height: 1 }), chunk('IDAT', deflateSync(Uint8Array.of(9, 1))), end]),
      'Unsupported filter: 9',
    ],
    ['too few pixels', png({ width: 3, height: 3 }, [[1, 2, 3]]), 'announces 12 bytes of pixels, got 4: truncated'],
    ['more pixels than announced', png({ width: 1, height: 1 }, [[1, 2, 3]]), 'announces 2 bytes of pixels, got more'],
    [
      'a bomb of pixels',
      Buffer.concat([signature, header({ width: 1, height: 1 }), chunk('IDAT', deflateSync(Buffer.alloc(1e8))), end]),
      'got more',
    ],
    [
      'a huge header',
      Buffer.concat([signature, header({ width: 60_000, height: 60_000 }), pixels([[0]]), end]),
      'is 60000×60000 = 3600000000 pixels, expected at most 33554432',
    ],
    [
      'no pixels',
      Buffer.concat([signature, header({ width: 0, height: 3 }), end]),
      'is 0×3 pixels, expected at least one',
    ],
    [
      'an impossible header',
      Buffer.concat([signature, header({ width: 1, height: 1, depth: 3 }), end]),
      'colour type 0, 3 bits',
    ],
    [
      'a colour beyond the palette',
      png({ width: 2, height: 1, colourType: 3 }, [[0, 1]], [chunk('PLTE', [1, 2, 3])]),
      'pixel 1 is of colour 1, the palette has 1',
    ],
    ['a palette image without one', png({ width: 1, height: 1, colourType: 3 }, [[0]]), 'it has no palette'],
    [
      'low depths interlaced',
      Buffer.concat([signature, header({ width: 1, height: 1, depth: 1, interlace: 1 }), end]),
      'save it not interlaced',
    ],
    ['half a JPEG', cut(jpeg, 0.7), 'is a truncated JPEG (it ends after'],
    ['the start of a JPEG', cut(jpeg, 0.1), 'is a truncated or damaged JPEG (no frame header'],
    ['half a JPEG with an end marker', Buffer.concat([cut(jpeg, 0.5), Uint8Array.of(0xff, 0xd9)]), 'JPEG'],
    ['a huge JPEG', withSize(jpeg, 60_000), 'is 60000×60000 = 3600000000 pixels'],
    ['a JPEG of no pixels', withSize(jpeg, 0), 'is 0×0 pixels'],
  ])('%s', async (_, bytes, text) => {
    const { code, message } = await failureOf(() => readImage(bytes))
    expect({ code, message }).toMatchObject({ code: 'ERR_DATA', message: expect.stringContaining(text) })
    expect(message).toMatch(/^image: /)
  })

  test('any single byte flipped: an image or ERR_DATA, nothing else', async () => {
    for (const bytes of [good, jpeg]) {
      for (let at = 0; at < bytes.length; at++) {
        await readImage(flipped(bytes, at), { maxPixels: 10_000 }).catch((error: { code?: string }) => {
          if (error.code !== 'ERR_DATA') throw error
        })
      }
    }
  })

  test('files: missing, a folder, a pipe, another limit; the path is named', async () => {
    const path = join(folder, 'small.png')
    writeFileSync(path, good)
    expect((await failureOf(() => readImage(join(folder, 'none.png')))).message).toContain(
      'none.png: cannot be read (no such file',
    )
    mkdirSync(join(folder, 'folder.png'))
    expect((await failureOf(() => readImage(join(folder, 'folder.png')))).message).toContain('not a regular file')
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, 'pipe.png')])
      expect((await failureOf(() => readImage(join(folder, 'pipe.png')))).message).toContain('not a regular file')
    }
    expect((await failureOf(() => readImage(path, { maxPixels: 5 }))).message).toBe(
      `${path}: is 3×2 = 6 pixels, expected at most 5; make it smaller; or give a greater maxPixels`,
    )
  })

  test.each<[object, string]>([
    [{ channels: 2 }, 'readImage: channels is 2, expected 1 or 3'],
    [{ width: 3 }, 'width is given without height'],
    [{ width: 0, height: 1 }, 'width is 0, expected a whole number from 1'],
    [{ width: 1e5, height: 1e5 }, 'are 10000000000 pixels, expected at most maxPixels, 33554432'],
    [{ size: 3 }, "unknown option 'size'"],
  ])('%o', async (options, text) => {
    const { code, message } = await failureOf(() => readImage(good, options))
    expect([code, message]).toEqual(['ERR_ARGUMENT', expect.stringContaining(text)])
  })
})
