// `npm run bench:browser`: training steps in a headless Chromium, in turns with the WebAssembly kernels and with pure
// TypeScript under Node. `-- --rounds N` takes more rounds. Needs what npm run build and npm run build:wasm make.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mnist, reference, wasm } from 'netwright'
import { chromium } from 'playwright-core'
import { findBrowser } from '../scripts/find-browser.mjs'
import { batch, stepTime } from './browser-steps.js'
import { median, medianRatio, roundsOf, tableText } from './measure.js'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const rounds = roundsOf(options.rounds)
/** Of a pass that is timed. */
const steps = { mlp50: 200, simpleconv: 10 }
type Name = keyof typeof steps

const { train } = await mnist()
const digits = (name: Name) => {
  const samples = batch * steps[name]
  return [train.x.data.slice(0, samples * 784), train.y.data.slice(0, samples)] as const
}

const file = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
const contents: Readonly<Record<string, readonly [type: string, content: string | Uint8Array]>> = {
  '/': ['text/html', '<!doctype html><title>bench</title>'],
  '/netwright.js': ['text/javascript', file('../dist/browser/netwright.js')],
  '/steps.js': ['text/javascript', file('browser-steps.js').replace("'netwright'", "'/netwright.js'")],
  '/pixels': ['application/octet-stream', train.x.data as Uint8Array],
  '/labels': ['application/octet-stream', new Uint8Array(train.y.data.buffer)],
}
const server = createServer(({ url = '' }, response) => {
  const [type, content] = contents[url] ?? ['text/plain', '']
  response.writeHead(url in contents ? 200 : 404, { 'content-type': type }).end(content)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

// Containers run as root, where Chromium's sandbox does not start.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const browser = await chromium.launch({ executablePath: findBrowser(), args })
const page = await browser.newPage()
await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
await page.evaluate(`(async () => {
  const read = async (url) => (await fetch(url)).arrayBuffer()
  globalThis.pixels = new Uint8Array(await read('/pixels'))
  globalThis.labels = new Int32Array(await read('/labels'))
  globalThis.stepTime = (await import('/steps.js')).stepTime
})()`)

const [wasmBackend, referenceBackend] = [wasm(), reference()]
const subjects = {
  'Chromium, WebAssembly': (name: Name) => {
    const samples = batch * steps[name]
    return page.evaluate<number>(`stepTime('${name}', pixels.slice(0, ${samples * 784}), labels.slice(0, ${samples}))`)
  },
  'Node, WebAssembly': (name: Name) => stepTime(name, ...digits(name), { backend: wasmBackend }),
  'Node, TypeScript': (name: Name) => stepTime(name, ...digits(name), { backend: referenceBackend }),
}

const rows: string[][] = []
for (const name of Object.keys(steps) as Name[]) {
  const times = new Map(Object.keys(subjects).map((subject) => [subject, [] as number[]]))
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [subject, time] of Object.entries(subjects)) {
      const milliseconds = await time(name)
      if (round > 0) times.get(subject)?.push(milliseconds)
    }
  }
  const slowest = times.get('Node, TypeScript') ?? []
  for (const [subject, all] of times) {
    rows.push([name, subject, `${median(all).toFixed(3)} ms`, `${medianRatio(all, slowest).toFixed(1)}x`])
  }
}
console.log(tableText(['workload', 'where', 'step', 'vs TypeScript'], rows))
await browser.close()
server.close()
