// Pictures of pixels: PNG bytes, grids of pictures, the terminal.

import { decode } from 'fast-png'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodePng } from '../../src/report/encode-png.js'
import { imageGrid } from '../../src/report/image-grid.js'
import { terminalImage } from '../../src/report/terminal-image.js'
import { failureOf } from '../failure.js'
import { draw, harmless, hostile, textsOf } from './svg.js'

describe('encodePng', () => {
  test('bytes come back as they were', async () => {
    const pixels = Uint8Array.from({ length: 28 * 28 }, (_, i) => i % 256)
    const { width, height, channels, depth, data } = decode(await encodePng({ pixels, width: 28, height: 28 }))
    expect([width, height, channels, depth]).toEqual([28, 28, 1, 8])
    expect(Buffer.compare(Buffer.from(data as Uint8Array), Buffer.from(pixels))).toBe(0)
  })

  test('channels lie side by side in a pixel', async () => {
    const pixels = Uint8Array.of(255, 0, 0, 0, 0, 255)
    const { channels, data } = decode(await encodePng({ pixels, width: 2, height: 1, channels: 3 }))
    expect([channels, ...data]).toEqual([3, 255, 0, 0, 0, 0, 255])
  })

  test('other numbers are scaled from their range, by default from least to greatest', async () => {
    const data = async (pixels: Float32Array | number[], range?: [number, number]) => [
      ...decode(await encodePng({ pixels, width: pixels.length, height: 1, ...(range && { range }) })).data,
    ]
    expect(await data(Float32Array.of(-2, 0, 2))).toEqual([0, 128, 255])
    expect(await data([0, 0.5, 1, 2, -1], [0, 1])).toEqual([0, 128, 255, 255, 0])
    expect(await data([7, 7])).toEqual([128, 128])
    expect(await data([-1.7e308, 1.7e308])).toEqual([0, 255])
  })

  test.each([
    [
      'too few pixels',
      { pixels: new Uint8Array(3), width: 2, height: 2 },
      'ERR_SHAPE',
      /pixels has 3 numbers, expected width 2 × height 2 × channels 1 = 4/,
    ],
    ['no width', { pixels: new Uint8Array(0), width: 0, height: 0 }, 'ERR_ARGUMENT', /width is 0/],
    ['NaN', { pixels: [0, Number.NaN], width: 2, height: 1 }, 'ERR_NOT_FINITE', /pixels\[1\] is NaN/],
    ['a string', { pixels: 'abc' as never, width: 3, height: 1 }, 'ERR_ARGUMENT', /pixels is "abc"/],
    [
      'five channels',
      { pixels: new Uint8Array(5), width: 1, height: 1, channels: 5 as never },
      'ERR_ARGUMENT',
      /channels is 5/,
    ],
    ['a range', { pixels: [1], width: 1, height: 1, range: [1, 0] as const }, 'ERR_ARGUMENT', /range is \[1, 0\]/],
  ])('refuses %s', async (_, image, code, message) => {
    const failure = await failureOf(() => encodePng(image))
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(message)
  })
})

describe('imageGrid', () => {
  const checks = { pixels: [0, 1, 1, 0], width: 2, height: 2 }
  const embedded = (svg: string) =>
    [...svg.matchAll(/base64,([^"]+)/g)].map(([, text = '']) => decode(Buffer.from(text, 'base64')))

  test('holds every picture in its own size and range, and its label', async () => {
    const images = [
      { ...checks, label: '5 → 3' },
      { pixels: Float32Array.of(-0.5, 1.5, 0.5), width: 3, height: 1 },
    ]
    const svg = await imageGrid({ title: 'Digits', subtitle: 'seed 1', images, scale: 10 })
    expect(embedded(svg).map(({ width, height, data }) => [width, height, ...data])).toEqual([
      [2, 2, 0, 255, 255, 0],
      [3, 1, 0, 255, 128],
    ])
    expect(textsOf(svg)).toEqual(['Digits', 'seed 1', '5 → 3'])
    expect(await imageGrid({ title: 'Digits', subtitle: 'seed 1', images, scale: 10 })).toBe(svg)
  })

  test('pixels are sharp squares', async () => {
    // No words, so that nothing else is grey.
    const { colors } = draw(await imageGrid({ title: '', images: [checks], scale: 20 }))
    expect([...colors].sort((a, b) => a - b)).toEqual([0, 0xffffff])
  })

  test('rows have `columns` pictures', async () => {
    const svg = await imageGrid({ title: '', images: new Array(7).fill(checks), columns: 3, scale: 10 })
    const places = [...svg.matchAll(/<image x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    expect(new Set(places.map(([x]) => x)).size).toBe(3)
    expect(new Set(places.map(([, y]) => y)).size).toBe(3)
  })

  test('texts cannot leave their element', async () => {
    const svg = await imageGrid({ title: hostile, images: [{ ...checks, label: hostile }] })
    expect(svg).not.toContain('<script')
    expect(textsOf(svg).at(-1)).toBe(harmless)
    draw(svg)
  })

  test('refuses a picture that does not fit, by its place', async () => {
    const failure = await failureOf(() => imageGrid({ title: '', images: [checks, { ...checks, width: 3 }] }))
    expect(failure.code).toBe('ERR_SHAPE')
    expect(failure.message).toMatch(/^imageGrid: images\[1\]: pixels has 4 numbers/)
    expect((await failureOf(() => imageGrid({ title: '', images: [] }))).message).toMatch(/images is \[\]/)
  })
})

describe('terminalImage', () => {
  const image = { pixels: Uint8Array.of(0, 255, 128, 0, 255, 255), width: 2, height: 3 }
  afterEach(() => vi.unstubAllEnvs())

  test('24-bit colours: two rows a line, the last row alone', () => {
    expect(terminalImage(image, { colors: 'truecolor' })).toBe(
      '\x1b[38;2;0;0;0;48;2;128;128;128m▀\x1b[38;2;255;255;255;48;2;0;0;0m▀\x1b[0m\n\x1b[38;2;255;255;255m▀▀\x1b[0m',
    )
  })

  test('256 colours: black, the greys, white', () => {
    const ramp = { pixels: Uint8Array.of(0, 8, 128, 238, 255), width: 5, height: 1 }
    const codes = [...terminalImage(ramp, { colors: '256' }).matchAll(/38;5;(\d+)m/g)].map(([, code]) => code)
    expect(codes).toEqual(['16', '232', '244', '255', '231'])
  })

  test('text: two characters a pixel', () => {
    expect(terminalImage(image, { colors: 'none' })).toBe('  @@\n++\n@@@@')
  })

  test('the terminal and NO_COLOR decide', () => {
    const { isTTY, getColorDepth } = process.stdout
    try {
      Object.assign(process.stdout, { isTTY: false })
      expect(terminalImage(image)).not.toContain('\x1b')
      Object.assign(process.stdout, { isTTY: true, getColorDepth: () => 24 })
      vi.stubEnv('NO_COLOR', '')
      expect(terminalImage(image)).toContain('38;2;')
      Object.assign(process.stdout, { getColorDepth: () => 8 })
      expect(terminalImage(image)).toContain('38;5;')
      vi.stubEnv('NO_COLOR', '1')
      expect(terminalImage(image)).not.toContain('\x1b')
    } finally {
      Object.assign(process.stdout, { isTTY, getColorDepth })
    }
  })

  test('colours become the grey of their brightness', () => {
    const red = { pixels: Uint8Array.of(255, 0, 0), width: 1, height: 1, channels: 3 as const }
    expect(terminalImage(red, { colors: 'truecolor' })).toBe('\x1b[38;2;76;76;76m▀\x1b[0m')
  })

  test('refuses other colours', async () => {
    const failure = await failureOf(() => terminalImage(image, { colors: '16' as never }))
    expect(failure.code).toBe('ERR_ARGUMENT')
  })
})
