// The HTML report in a real browser: no complaint, light and dark, no wider than a phone.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Adam, crossEntropy, Linear, Sequential, spiral, writeReport } from '../../src/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { root } from '../cli/netwright.js'
import { launch, openPage, overflow, picture } from './browser.js'

const folder = mkdtempSync(join(tmpdir(), 'netwright-report-'))
const report = join(folder, 'run.html')
let browser: Browser

beforeAll(async () => {
  const command = [join(root, 'dist/cli/netwright.js'), 'mnist', '--epochs', '2', '--report', report]
  execFileSync(process.execPath, command, { stdio: 'pipe' })
  browser = await launch()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['light', 1100],
  ['dark', 1100],
  ['light', 390],
  ['dark', 390],
] as const)('%s, %i pixels wide', async (colorScheme, width) => {
  const { page, complaints } = await openPage(browser, { colorScheme, viewport: { width, height: 800 } })
  await page.goto(pathToFileURL(report).href)
  expect(await overflow(page)).toBe(0)
  expect(await page.locator('h2').allTextContents()).toContain('Worst mistakes')
  const images = await page
    .locator('img')
    .evaluateAll((all) => all.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
  expect(images.length).toBeGreaterThan(16)
  expect(images.every((size) => size === 28 || size === 5)).toBe(true)
  const [text, card] = (await page.evaluate(
    "['svg text', 'section'].map((name) => getComputedStyle(document.querySelector(name)))" +
      '.map((style, i) => (i === 0 ? style.fill : style.backgroundColor).match(/\\d+/g).slice(0, 3).map(Number))' +
      '.map(([r, g, b]) => r + g + b)',
  )) as [number, number]
  expect(Math.abs(text - card), 'a chart can be read').toBeGreaterThan(300)
  expect(card < 200).toBe(colorScheme === 'dark')
  await picture(page, `report-${colorScheme}-${width}`)
  expect(complaints).toEqual([])
})

test('charts can be read on a phone, and long names and settings stay within it', async () => {
  const test = spiral({ samplesPerClass: 20 })
  const loss = crossEntropy()
  const model = new Sequential([new Linear(2, 3)], { seed: 1, backend: reference() })
  const options = { loss, optimizer: new Adam(), epochs: 3, validationData: test }
  const history = await model.fit(test, options)
  const path = join(folder, 'long.html')
  await writeReport(path, {
    model,
    history,
    test,
    loss,
    settings: { ['a-long-key'.repeat(20)]: 'a value of some words' },
  })
  const { page } = await openPage(browser, { viewport: { width: 390, height: 800 } })
  await page.goto(pathToFileURL(path).href)
  expect(await overflow(page)).toBe(0)
  const edges = (await page.evaluate(
    "[...document.querySelectorAll('figure svg')].map((svg) => svg.getBoundingClientRect()).map(({ left, right }) => [left, right])",
  )) as [number, number][]
  expect(edges).toHaveLength(2)
  for (const [left, right] of edges) expect([left >= 0, right <= 390]).toEqual([true, true])
  const heights = (await page.evaluate(
    "[...document.querySelectorAll('svg text')].map((text) => text.getBoundingClientRect().height)",
  )) as number[]
  expect(Math.min(...heights)).toBeGreaterThan(9)
  const value = await page.locator('dd', { hasText: 'a value of some words' }).boundingBox()
  expect(value?.width).toBeGreaterThan(150)
  await picture(page, 'report-long-names')
})
