// `npm run bench:latency`: does the process stay responsive while fit runs? An HTTP handler's latency, seen by a client
// in another process, and the lateness of a 5 ms timer, idle and while mlp50 and deepconv train and are evaluated. Loopback
// only, a bounded load.

import { type ChildProcess, fork } from 'node:child_process'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { crossEntropy, mnist, native } from '../src/index.js'
import { batch, workloads } from './workloads.js'

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
  const server = createServer((_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const backend = native()
  await measureHttp(port) // warm-up
  const measured = [{ name: 'idle', ...(await measure(port)) }]
  for (const workload of workloads.filter(({ name }) => name === 'mlp50' || name === 'deepconv')) {
    const { train, test } = await mnist({ flatten: workload.sampleShape.length === 1 })
    const controller = new AbortController()
    let evaluations = 0
    const training = workload.model(backend).fit(train.slice(0, 6000), {
      epochs: 100_000,
      batchSize: batch,
      optimizer: workload.optimizer(),
      loss: crossEntropy(),
      validationData: test.slice(0, 2000),
      signal: controller.signal,
      callbacks: [{ onEpochEnd: () => void evaluations++ }],
    })
    measured.push({ name: workload.name, ...(await measure(port)) })
    controller.abort()
    await training
    if (evaluations === 0) throw new Error(`${workload.name} was not evaluated meanwhile`)
  }
  server.close()

  const { isa, threads } = backend
  if (json) {
    console.log(JSON.stringify(measured.map((row) => ({ ...row, isa, threads }))))
    return
  }
  const text = ({ p50, p99, max }: Latencies): string =>
    `p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}  max ${max.toFixed(2)}`
  for (const kind of ['http', 'timer'] as const) {
    console.log(kind === 'http' ? 'HTTP latency, ms' : 'lateness of a 5 ms timer, ms')
    for (const row of measured) console.log(`  ${row.name.padEnd(9)} ${text(row[kind])}`)
  }
  console.log(`${isa}, ${threads} threads; evaluation after each 6,000 samples meanwhile`)
}

const [first] = process.argv.slice(2)
if (process.send !== undefined) await client(Number(first))
else await main(process.argv.includes('--json'))
