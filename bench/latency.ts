// `npm run bench:latency`: does the process stay responsive while fit runs? An HTTP handler's latency, seen by a client
// in another process, and the lateness of a 5 ms timer, idle and while mlp50 trains. Loopback only, a bounded load.

import { type ChildProcess, fork } from 'node:child_process'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { constant, crossEntropy, Linear, mnist, native, normal, ReLU, Sequential, SGD } from '../src/index.js'

const requests = 1000
const pauseMilliseconds = 4

interface Latencies {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

function summarise(values: readonly number[]): Latencies {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** The client: one request after another, each timed from the call to the end of the answer. */
async function client(port: number): Promise<void> {
  const request = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const start = performance.now()
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        response.resume().on('end', () => resolve(performance.now() - start))
      }).on('error', reject)
    })
  const times: number[] = []
  for (let i = 0; i < requests; i++) {
    times.push(await request())
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds))
  }
  process.send?.(times)
}

function measureHttp(port: number): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(import.meta.url), [String(port)])
    child.once('message', (times) => resolve(times as number[]))
    child.once('error', reject)
  })
}

/** Collects how late a 5 ms timer fires until `stop` is called. */
function measureTimer(): { stop: () => readonly number[] } {
  const lateness: number[] = []
  let due = performance.now() + 5
  let timer = setTimeout(function tick() {
    lateness.push(performance.now() - due)
    due = performance.now() + 5
    timer = setTimeout(tick, 5)
  }, 5)
  return {
    stop: () => {
      clearTimeout(timer)
      return lateness
    },
  }
}

async function measure(port: number): Promise<{ http: Latencies; timer: Latencies }> {
  const timer = measureTimer()
  const http = await measureHttp(port)
  return { http: summarise(http), timer: summarise(timer.stop()) }
}

async function main(json: boolean): Promise<void> {
  const { train, test } = await mnist()
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const backend = native()
  const init = { init: normal(0.01), biasInit: constant(0) }
  const model = new Sequential([new Linear(784, 50, init), new ReLU(), new Linear(50, 10, init)], { seed: 1, backend })
  const controller = new AbortController()
  const options = { epochs: 10_000, batchSize: 100, optimizer: new SGD({ lr: 0.01 }), loss: crossEntropy() }

  await measureHttp(port) // warm-up
  const idle = await measure(port)
  const training = model.fit(train, { ...options, validationData: test, signal: controller.signal })
  const busy = await measure(port)
  controller.abort()
  const history = await training
  server.close()

  const rows = (['http', 'timer'] as const).map((name) => ({
    name: name === 'http' ? 'http latency, ms' : '5 ms timer lateness, ms',
    idle: idle[name],
    training: busy[name],
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
  }))
  if (json) {
    console.log(JSON.stringify(rows))
    return
  }
  for (const { name, idle, training } of rows) {
    const text = ({ p50, p99, max }: Latencies): string =>
      `p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}  max ${max.toFixed(2)}`
    console.log(`${name}\n  idle      ${text(idle)}\n  training  ${text(training)}`)
  }
  console.log(`${backend.isa}, ${backend.threads} threads; ${history.epochs} epochs with evaluation meanwhile`)
}

const [first] = process.argv.slice(2)
if (process.send !== undefined) await client(Number(first))
else await main(process.argv.includes('--json'))
