// Files of pictures: SVG and PNG, replaced whole.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodePng } from '../../src/report/encode-png.js'
import { lineChart } from '../../src/report/line-chart.js'
import { writePicture } from '../../src/report/write-picture.js'
import { failureOf } from '../failure.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-pictures-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const chart = () => lineChart({ title: 'Loss → 0', xLabel: 'x', yLabel: 'y', series: [{ name: 'f', y: [1, 2] }] })

test('writes SVG and, at twice the size, PNG; makes folders; leaves nothing else', async () => {
  const svg = await chart()
  const written = await writePicture(join(folder, 'deep/er/loss'), svg)
  const paths = ['loss.svg', 'loss.png'].map((name) => join(folder, 'deep/er', name))
  expect(written).toEqual({ paths })
  expect(readFileSync(join(folder, 'deep/er/loss.svg'), 'utf8')).toBe(svg)
  const { width, height } = decode(readFileSync(join(folder, 'deep/er/loss.png')))
  expect([width, height]).toEqual([1440, 880])
  expect(readdirSync(join(folder, 'deep/er')).sort()).toEqual(['loss.png', 'loss.svg'])
})

test('the PNG has letters, from the font that comes along', async () => {
  const { paths } = await writePicture(
    join(folder, 'letters'),
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><text y="15" font-family="Inter">W→²</text></svg>',
  )
  const { data, channels } = decode(readFileSync(paths[1] as string))
  const isInked = (_: number, i: number) => i % channels === channels - 1 && (data[i] as number) > 200
  expect(Array.from(data).filter(isInked).length).toBeGreaterThan(40)
})

test('replaces what is there; an ending in the path counts once; PNG can be left out', async () => {
  writeFileSync(join(folder, 'old.svg'), 'old')
  const svg = await chart()
  expect(await writePicture(join(folder, 'old.svg'), svg, { png: false })).toEqual({ paths: [join(folder, 'old.svg')] })
  expect(readFileSync(join(folder, 'old.svg'), 'utf8')).toBe(svg)
  expect(readdirSync(folder).filter((name) => name.startsWith('old'))).toEqual(['old.svg'])
})

test('bytes of a PNG are written as they are', async () => {
  const png = await encodePng({ pixels: new Uint8Array(4), width: 2, height: 2 })
  expect(await writePicture(join(folder, 'digit'), png)).toEqual({ paths: [join(folder, 'digit.png')] })
  expect(readFileSync(join(folder, 'digit.png')).equals(png)).toBe(true)
})

test('a failure leaves no temporary file', async () => {
  mkdirSync(join(folder, 'taken/at.svg'), { recursive: true })
  const svg = await chart()
  const taken = await failureOf(() => writePicture(join(folder, 'taken/at'), svg))
  expect(taken).toEqual({ code: 'ERR_FILE', message: expect.stringMatching(/at\.svg: cannot be written/) as string })
  const below = await failureOf(() => writePicture(join(folder, 'old.svg/below'), svg))
  expect(below.code).toBe('ERR_FILE')
  expect(readdirSync(join(folder, 'taken'))).toEqual(['at.svg'])
})

test('refuses what is no picture', async () => {
  expect((await failureOf(() => writePicture(join(folder, 'x'), 'hello'))).code).toBe('ERR_ARGUMENT')
  expect((await failureOf(() => writePicture(7 as never, '<svg/>'))).message).toMatch(/path is 7/)
  expect((await failureOf(() => writePicture(join(folder, 'x'), '<svg/>', { jpg: true } as never))).message).toMatch(
    /unknown option 'jpg'/,
  )
})
