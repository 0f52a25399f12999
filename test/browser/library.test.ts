// The library in a real browser: the same bits as the WebAssembly kernels under Node, in a page, in a worker and in a
// program that a bundler made; and clear errors for what only Node has.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import * as netwright from 'netwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../cli/netwright.js'
import { launch, openPage, type Watched } from './browser.js'
import { trainOnDigits } from './digits-program.js'

const samples = 1000
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
/** Headers by address. */
const pages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/page': {},
  // Has shared memory.
  '/isolated': { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
  '/readme': {},
  '/without-wasm': { 'content-security-policy': "script-src 'self' 'unsafe-inline'" },
}
const files = new Map<string, string | Uint8Array>()

let server: Server
let browser: Browser
let address = ''
let project = ''
let expected: Awaited<ReturnType<typeof trainOnDigits>>

function contentOf(url: string): string | Uint8Array | undefined {
  if (url === '/readme') return `<!doctype html><link rel="icon" href="data:,"><body>${readmeExample()}`
  if (url in pages) return '<!doctype html><title>netwright</title><link rel="icon" href="data:,">'
  const inPackage = url.replace('/node_modules/netwright/', '/')
  return inPackage.startsWith('/dist/') ? readFileSync(join(root, inPackage)) : files.get(url)
}

function readmeExample(): string {
  const [, example = ''] = /```html\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  return example
}

beforeAll(async () => {
  const { train } = await netwright.mnist({ flatten: false })
  const pixels = Uint8Array.from(train.x.data.subarray(0, samples * 784))
  const labels = Int32Array.from(train.y.data.subarray(0, samples))
  files.set('/pixels', pixels).set('/labels', new Uint8Array(labels.buffer))
  for (const name of ['digits-program.js', 'digits-worker.js']) {
    const program = readFileSync(here(name), 'utf8')
    files.set(`/${name}`, program.replace("from 'netwright'", "from '/dist/browser/netwright.js'"))
  }
  server = createServer(({ url = '' }, response) => {
    const content = contentOf(url)
    const type = url.endsWith('.js') ? 'text/javascript' : url in pages ? 'text/html' : 'application/octet-stream'
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': type, ...pages[url] }).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  project = mkdtempSync(join(tmpdir(), 'netwright-page-'))
  browser = await launch()
  expected = await trainOnDigits(pixels, labels, { backend: netwright.wasm() })
})

afterAll(async () => {
  await browser?.close()
  server?.close()
  rmSync(project, { recursive: true, force: true })
})

/** A page with the digits in `pixels` and `labels`, and a script in it, or the library and the program as modules. */
async function open(path = '/page', script?: string): Promise<Watched> {
  const watched = await openPage(browser)
  await watched.page.goto(`${address}${path}`)
  await watched.page.evaluate(`(async () => {
    const read = async (url) => (await fetch(url)).arrayBuffer()
    globalThis.pixels = new Uint8Array(await read('/pixels'))
    globalThis.labels = new Int32Array(await read('/labels'))
  })()`)
  if (script !== undefined) await watched.page.addScriptTag({ url: script })
  else {
    await watched.page.evaluate(`(async () => {
      globalThis.netwright = await import('/dist/browser/netwright.js')
      globalThis.program = await import('/digits-program.js')
    })()`)
  }
  return watched
}

describe('the same bits as under Node', () => {
  test.each(['/page', '/isolated'])('%s', async (path) => {
    const { page, complaints } = await open(path)
    expect(await page.evaluate('crossOriginIsolated')).toBe(path === '/isolated')
    expect(await page.evaluate('Object.keys(netwright)')).toEqual(Object.keys(netwright).sort())
    expect(await page.evaluate('program.trainOnDigits(pixels, labels)')).toEqual(expected)
    expect(await page.evaluate('netwright.backendInfo()')).toMatchObject({
      ...{ backend: 'wasm', isa: 'simd128', threads: 1 },
      version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
      reasons: [expect.stringContaining('this is a browser')],
    })
    expect(complaints).toEqual([])
  })

  test('in a worker', async () => {
    const { page, complaints } = await open()
    const result = page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker('/digits-worker.js', { type: 'module' })
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage({ pixels, labels })
    })`)
    expect(await result).toEqual(expected)
    expect(complaints).toEqual([])
  })

  test('bundled, found by the exports of package.json', async () => {
    mkdirSync(join(project, 'node_modules'))
    symlinkSync(root, join(project, 'node_modules/netwright'), 'junction')
    copyFileSync(here('digits-program.js'), join(project, 'digits-program.js'))
    const entry = join(project, 'main.js')
    writeFileSync(entry, `import * as program from './digits-program.js'\nglobalThis.program = program\n`)
    const { outputFiles } = await build({
      ...{ entryPoints: [entry], bundle: true, minify: true, platform: 'browser', write: false },
      logLevel: 'error',
    })
    files.set('/bundled.js', (outputFiles[0] as { contents: Uint8Array }).contents)
    const { page, complaints } = await open('/page', '/bundled.js')
    expect(await page.evaluate('program.trainOnDigits(pixels, labels)')).toEqual(expected)
    expect(complaints).toEqual([])
  })
})

test('a page stays responsive while it trains, and ends the training by a signal', async () => {
  const { page } = await open()
  const { stopReason, epochs, frames } = (await page.evaluate(`(async () => {
    const abort = new AbortController()
    const frames = []
    const frame = (time) => {
      if (frames.push(time) === 21) abort.abort()
      else requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    const many = [new Uint8Array(20 * pixels.length), new Int32Array(20 * labels.length)]
    return { ...(await program.trainOnDigits(...many, { signal: abort.signal })), frames }
  })()`)) as { stopReason: string; epochs: number[]; frames: number[] }
  expect(stopReason).toBe('aborted by its signal')
  expect(epochs).toEqual([])
  const gaps = frames.slice(1).map((time, i) => time - (frames[i] as number))
  expect(gaps.sort((a, b) => a - b)[10], 'milliseconds from frame to frame, the median').toBeLessThan(60)
})

test("README's example", async () => {
  const { page, complaints } = await openPage(browser)
  await page.goto(`${address}/readme`)
  // Of what can be seen, not of the script.
  const text = async () => (await page.locator('body').innerText()).trim()
  await expect.poll(text, { timeout: 10_000 }).toMatch(/accuracy/)
  expect(JSON.parse(await text()).accuracy).toBeGreaterThan(0.9)
  expect(complaints).toEqual([])
})

test('where WebAssembly is forbidden: the reference, with one warning that says why', async () => {
  const { page, complaints } = await open('/without-wasm')
  expect(await page.evaluate('netwright.dot([1, 2], [3, 4])')).toBe(11)
  expect(await page.evaluate('netwright.backendInfo().backend')).toBe('reference')
  const warnings = complaints.filter((text) => text.includes('NETWRIGHT_FALLBACK'))
  expect(warnings).toEqual([expect.stringMatching(/Content Security Policy.*computes in TypeScript, slowly/)])
})

test('pictures', async () => {
  const { page, complaints } = await open()
  const pictures = (await page.evaluate(`(async () => {
    const { Linear, Sequential, SGD, imageGrid, encodePng, mse } = netwright
    const model = new Sequential([new Linear(2, 1)])
    const history = await model.fit([[1, 2], [3, 4]], [[1], [2]], { epochs: 2, optimizer: new SGD({ lr: 0.01 }), loss: mse() })
    const digit = { pixels: pixels.slice(0, 784), width: 28, height: 28 }
    const png = await encodePng(digit)
    return [await history.toSVG(), await model.toSVG(), await imageGrid({ title: 'A digit', images: [digit] }), String(png)]
  })()`)) as [string, string, string, string]
  for (const picture of pictures.slice(0, 3)) expect(picture).toMatch(/^<svg.*<\/svg>\s*$/s)
  expect(pictures[3]).toMatch(/^137,80,78,71,/)
  expect(complaints).toEqual([])
})

test.each([
  ["readCsv('a.csv', { target: 'y' })", 'ERR_PLATFORM', 'readCsv needs Node.js'],
  ['mnist()', 'ERR_PLATFORM', 'mnist needs Node.js'],
  ['new LivePage()', 'ERR_PLATFORM', 'LivePage needs Node.js'],
  ["loadModel('a.safetensors')", 'ERR_FILE', 'a.safetensors: cannot be read'],
  ["new Sequential([new Linear(2, 1)]).save('a.safetensors')", 'ERR_FILE', 'a.safetensors: cannot be written'],
  ['native()', 'ERR_BACKEND', 'native addon needs Node.js, and this is a browser: use wasm() here'],
])('%s: a clear error', async (call, code, message) => {
  const { page, complaints } = await open()
  const error = (await page.evaluate(`(async () => {
    const { Linear, LivePage, loadModel, mnist, native, readCsv, Sequential } = netwright
    try { await ${call} } catch ({ code, message }) { return { code, message } }
  })()`)) as { code: string; message: string }
  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
  expect(error.message).toContain('this is a browser')
  expect(complaints).toEqual([])
})
