// The live page as somebody sees it, while `netwright mnist --ui` trains in a process of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { program, root } from '../cli/netwright.js'
import { launch, openPage, overflow, picture, type Watched } from './browser.js'

let browser: Browser
const children: ChildProcess[] = []
beforeAll(async () => {
  browser = await launch()
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => browser.close())

interface Training {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
  /** What it has said so far. */
  readonly stderr: () => string
}

/** Starts the command, and waits for the address of its page. */
const start = (...args: string[]): Promise<Training> => startProgram(...program, ...args)

function startProgram(...args: string[]): Promise<Training> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      stderr += chunk
      const url = /^Live page: (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m.exec(stderr)?.[1]
      if (url !== undefined) resolve({ url, child, ended, stderr: () => stderr })
    })
    void ended.then((result) => reject(new Error(`it ended without a page: ${JSON.stringify(result)}`)))
  })
}

/** Far more epochs than a test waits for. */
const startLong = (...args: string[]): Promise<Training> => start('mnist', '--ui', '--epochs', '1000', ...args)

async function open(url: string, options = {}): Promise<Watched> {
  const watched = await openPage(browser, options)
  await watched.page.goto(url)
  await watched.page.locator('.u-over').first().waitFor()
  return watched
}

const steps = async (page: Page): Promise<number> => Number(await page.locator('#progress').getAttribute('data-steps'))
const state = (page: Page): Promise<string | null> => page.locator('#state').getAttribute('data-state')
const waitForState = (page: Page, name: string): Promise<unknown> => page.waitForSelector(`#state[data-state=${name}]`)
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Strokes as people write these digits, in parts of the field's side. */
const digits: Readonly<Record<string, readonly (readonly (readonly [number, number])[])[]>> = {
  0: [Array.from({ length: 25 }, (_, i) => [0.5 - 0.2 * Math.sin(i / 3.9), 0.5 - 0.32 * Math.cos(i / 3.9)] as const)],
  1: [
    [
      [0.52, 0.15],
      [0.48, 0.85],
    ],
  ],
  4: [
    [
      [0.32, 0.18],
      [0.28, 0.52],
      [0.7, 0.5],
    ],
    [
      [0.66, 0.2],
      [0.62, 0.88],
    ],
  ],
  7: [
    [
      [0.25, 0.2],
      [0.72, 0.2],
      [0.45, 0.88],
    ],
  ],
}

async function draw(page: Page, digit: string): Promise<void> {
  await page.locator('#clear').click()
  const canvas = page.locator('#canvas')
  await canvas.scrollIntoViewIfNeeded()
  const box = await canvas.boundingBox()
  if (box === null) throw new Error('the page shows no field to draw on')
  for (const [first, ...others] of digits[digit] ?? []) {
    const place = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const
    await page.mouse.move(...place(first as readonly [number, number]))
    await page.mouse.down()
    for (const point of others) await page.mouse.move(...place(point), { steps: 4 })
    await page.mouse.up()
  }
}

const drawn = (page: Page, digit: string): Promise<void> =>
  page.locator('#answer', { hasText: new RegExp(`^It is ${digit}, with `) }).waitFor({ timeout: 20_000 })

// Browsers without a graphics card share the cores with what trains.
describe('the live page of netwright mnist --ui', { timeout: 90_000 }, () => {
  test('shows curves and predictions as they change, without a complaint', async () => {
    const { url } = await startLong()
    const { page, complaints } = await open(url)
    const samplesText = (): Promise<string> => page.locator('#sample-list').innerText()
    // The first curve as the browser has painted it.
    const curve = (): Promise<string> =>
      page.evaluate("document.querySelector('.chart canvas').toDataURL()") as Promise<string>
    const [stepsBefore, curveBefore, samplesBefore] = [await steps(page), await curve(), await samplesText()]
    expect(await page.locator('.chart').count()).toBe(4)
    expect(await page.locator('#sample-list li canvas').count()).toBe(12)
    await expect.poll(samplesText, { timeout: 10_000 }).not.toBe(samplesBefore)
    await expect.poll(() => steps(page), { timeout: 10_000 }).toBeGreaterThan(stepsBefore + 100)
    expect(await curve()).not.toBe(curveBefore)
    expect(await page.locator('[data-figure="samples/s"]').innerText()).toMatch(/^[\d,]+$/)
    expect(await page.locator('[data-figure="learning rate"]').innerText()).toMatch(/^0\.0\d+$/)
    await page.locator('[data-figure="validation accuracy"]').waitFor()
    expect(Number.parseFloat(await page.locator('[data-figure="validation accuracy"]').innerText())).toBeGreaterThan(90)
    expect(complaints).toEqual([])
  })

  test('recognises digits that are drawn while it trains, and is usable by keyboard', async () => {
    const { url } = await startLong()
    const { page, complaints } = await open(url)
    // The first epochs are not sure of anything yet.
    await page.locator('[data-figure="validation accuracy"]').waitFor()
    for (const digit of Object.keys(digits)) {
      await draw(page, digit)
      await drawn(page, digit)
      expect(await page.locator('#bars li.best .name').innerText()).toBe(digit)
      expect(await page.locator('#bars li').count()).toBe(10)
    }
    await page.locator('#samples').scrollIntoViewIfNeeded()
    await picture(page, 'live-page')
    // The answer is asked for again as the weights change.
    await page.evaluate("document.querySelector('#answer').textContent = ''")
    await drawn(page, Object.keys(digits).at(-1) as string)

    await page.locator('#canvas').focus()
    await page.keyboard.press('Delete')
    expect(await page.locator('#answer').innerText()).toBe('')
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowUp')
    await page.keyboard.press(' ')
    for (let i = 0; i < 24; i++) await page.keyboard.press('ArrowDown')
    await drawn(page, '1')
    expect(complaints).toEqual([])
  })

  test('pause holds the steps, resume goes on, stop ends the run and the process', async () => {
    const { url, ended } = await startLong()
    const { page, complaints } = await open(url)
    const other = await open(url)
    await page.getByRole('button', { name: 'Pause' }).click()
    await waitForState(page, 'paused')
    await waitForState(other.page, 'paused')
    // A job that was begun ends.
    await sleep(300)
    const held = await steps(page)
    await sleep(700)
    expect(await steps(page)).toBe(held)
    await draw(page, '1')
    await page.locator('#answer', { hasText: /^It is / }).waitFor()

    await other.page.getByRole('button', { name: 'Resume' }).click()
    await waitForState(page, 'running')
    await expect.poll(() => steps(page), { timeout: 10_000 }).toBeGreaterThan(held + 50)

    await page.getByRole('button', { name: 'Stop' }).click()
    await waitForState(page, 'ended')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nended early: stopped on the live page\n/)
    expect(stdout).toMatch(/test accuracy 0\.\d{4}\n/)
    expect(await page.locator('#reason').innerText()).toBe('stopped on the live page. This page is closed')
    expect(await page.locator('#progress').innerText()).not.toContain('left')
    expect(await page.getByRole('button', { name: 'Stop' }).isDisabled()).toBe(true)
    await sleep(1500)
    expect([await state(page), complaints, other.complaints]).toEqual(['ended', [], []])
  })

  test('Ctrl-C in the terminal: the page says so, and shows no time left', async () => {
    const { url, child, ended } = await startLong()
    const { page, complaints } = await open(url)
    await page.locator('#progress', { hasText: /left$/ }).waitFor()
    child.kill('SIGINT')
    await waitForState(page, 'closed')
    expect((await ended).code).toBe(130)
    expect(await page.locator('#state').innerText()).toBe('closed')
    expect(await page.locator('#reason').innerText()).toBe('Stopped by Ctrl-C. This page is closed')
    expect(await page.locator('#progress').innerText()).toMatch(/ · step [\d,]+$/)
    for (const name of ['Pause', 'Stop']) expect(await page.getByRole('button', { name }).isDisabled()).toBe(true)
    await sleep(1500)
    expect([await state(page), complaints]).toEqual(['closed', []])
  })

  test('a program that is killed: the page looks for it, and shows no time left', async () => {
    const { url, child } = await startLong()
    const { page } = await open(url)
    await page.locator('#progress', { hasText: /left$/ }).waitFor()
    child.kill('SIGKILL')
    await waitForState(page, 'connecting')
    expect(await page.locator('#state').innerText()).toBe('connecting again')
    expect(await page.locator('#progress').innerText()).toMatch(/ · step [\d,]+$/)
  })

  test('stop ends a paused run', async () => {
    const { url, ended } = await startLong()
    const { page } = await open(url)
    await page.getByRole('button', { name: 'Pause' }).click()
    await waitForState(page, 'paused')
    await page.getByRole('button', { name: 'Stop' }).click()
    expect((await ended).code).toBe(0)
  })

  test('the process ends by itself after its last epoch, with pages open', async () => {
    const { url, ended } = await start('mnist', '--ui', '--model', 'mlp', '--epochs', '12')
    const { page, complaints } = await open(url)
    const { code, stdout } = await ended
    expect([code, stdout]).toEqual([0, expect.stringMatching(/mlp after 12 epochs: /)])
    expect([await state(page), complaints]).toEqual(['ended', []])
    expect(await page.evaluate("document.querySelector('#bar').value")).toBe(1)
  })

  test('--ui-keep stays for drawing until its button Close', async () => {
    const { url, ended, stderr } = await start('mnist', '--ui-keep')
    const { page, complaints } = await openPage(browser)
    await expect.poll(stderr, { timeout: 60_000 }).toContain('Training has ended; the live page stays until')
    // Opened long after the end: everything is told again.
    await page.goto(url)
    await waitForState(page, 'ended')
    expect(await page.locator('.chart').count()).toBe(4)
    await draw(page, '7')
    await drawn(page, '7')
    await picture(page, 'live-page-kept')
    await page.getByRole('button', { name: 'Close' }).click()
    expect([(await ended).code, complaints]).toEqual([0, []])
  })

  test('rows of a table, in the dark, on a phone', async () => {
    const { url } = await start('train', '--dataset', 'spiral', '--epochs', '100000', '--ui')
    const { page, complaints } = await open(url, { colorScheme: 'dark', viewport: { width: 390, height: 844 } })
    await page.locator('#sample-list.rows li.right, #sample-list.rows li.wrong').first().waitFor()
    expect(await page.locator('#drawing').isHidden()).toBe(true)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await picture(page, 'live-page-spiral-dark-phone')
    expect(complaints).toEqual([])
  })

  test('digits in the dark and on a phone', async () => {
    const { url } = await startLong()
    for (const [name, options] of Object.entries({
      dark: { colorScheme: 'dark' },
      phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
    } as const)) {
      const { page, complaints } = await open(url, options)
      await page.locator('[data-figure="validation accuracy"]').waitFor()
      await draw(page, '4')
      await drawn(page, '4')
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      await picture(page, `live-page-${name}`)
      expect(complaints).toEqual([])
    }
  })

  test('names of classes are texts, whatever they are', async () => {
    const { url } = await startProgram('--import', 'tsx', 'test/browser/hostile-child.ts')
    const { page, complaints } = await open(url)
    await page.locator('#sample-list li.right, #sample-list li.wrong').first().waitFor()
    await draw(page, '1')
    await page.locator('#bars li').first().waitFor()
    const hostile = await page.evaluate(
      "[window.hacked, document.querySelectorAll('main img, main script, main b').length]",
    )
    expect(hostile).toEqual([undefined, 0])
    expect(await page.locator('#sample-list').innerText()).toContain('<img src=x onerror="window.hacked=1">')
    expect(await page.locator('#bars').innerText()).toContain('</script><script>window.hacked=1</script>')
    expect(await page.locator('main').innerText()).not.toContain('\u202e')
    // What stands before and after a name stays there.
    const isolation = await page.evaluate(
      "['.guess', '.quiet bdi', '#answer bdi'].map((name) => getComputedStyle(document.querySelector(name)).unicodeBidi)",
    )
    expect(isolation).toEqual(['isolate', 'isolate', 'isolate'])
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
  })

  test('a wrong token and another host are refused', async () => {
    const { url } = await startLong()
    const { page } = await openPage(browser)
    expect((await page.goto(url.replace(/token=./, 'token=!')))?.status()).toBe(403)
    expect((await page.goto(new URL('/', url).href))?.status()).toBe(403)
    const { port } = new URL(url)
    // A name of somebody else's that points here, as in DNS rebinding.
    const rebound = await launch(['--host-resolver-rules=MAP rebind.example 127.0.0.1'])
    try {
      const other = await openPage(rebound)
      const foreign = url.replace(`127.0.0.1:${port}`, `rebind.example:${port}`)
      expect((await other.page.goto(foreign))?.status()).toBe(403)
    } finally {
      await rebound.close()
    }
  })
})
