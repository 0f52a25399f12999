// The HTML report in a real browser: no complaint, light and dark, no wider than a phone.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
