// `npm run bench:predict`: what one call of `model.predict` takes, from JavaScript and back, on one thread and on all.
// `-- --json` prints rows, `-- --isa NAME` and `-- --rounds N` set what they say, other words name networks.

import { parseArgs } from 'node:util'
import { multiLayerPerceptron, type Source, simpleConvNet, twoLayerNet } from '../src/experiments/networks.js'
import { type NativeBackend, native } from '../src/kernels/native/index.js'
import { Random } from '../src/random/random.js'
import type { Sequential } from '../src/sequential.js'
import { type Shape, sizeOf } from '../src/tensor/shape.js'
import { Tensor } from '../src/tensor/tensor.js'
import { interleave, median, medianRatio, peakSubject, roundsOf, type Subject, tableText } from './measure.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    isa: { type: 'string' },
    rounds: { type: 'string', default: '25' },
  },
})

interface PredictedNetwork {
  readonly name: string
  readonly sampleShape: Shape
  readonly build: (source: Source) => Sequential
}

const networks: readonly PredictedNetwork[] = [
  { name: 'mlp50', sampleShape: [784], build: (source) => multiLayerPerceptron(source, twoLayerNet) },
  { name: 'mlp512', sampleShape: [784], build: (source) => multiLayerPerceptron(source, { hidden: [512, 512] }) },
  { name: 'simpleconv', sampleShape: [1, 28, 28], build: simpleConvNet },
]
const batches = [1, 10, 100] as const

/** What `--json` prints, one per network, batch and number of threads. */
interface PredictRow {
  readonly name: string
  readonly batch: number
  readonly isa: string
  readonly threads: number
  readonly medianMs: number
  /** Of the products alone, against the time of the whole call. */
  readonly gflops: number
  /** Share of one core's FMA peak in this run; median over rounds. */
  readonly peakShare: number
  /** How many times as fast as one thread: median over rounds. */
  readonly ratioToOneThread: number
}

/** Two floating-point operations for each multiply-add of a sample. */
function flopsOf(model: Sequential, sampleShape: Shape): number {
  const { places } = model.seal([sampleShape]).graph
  const perLayer = places.map(({ node }) => node.layer.multiplyAdds(node.inputs.map(({ shape }) => shape)))
  return 2 * perLayer.reduce((sum, count) => sum + count, 0)
}

function measure({ name, sampleShape, build }: PredictedNetwork, backends: readonly NativeBackend[]): PredictRow[] {
  const random = new Random(1, name)
  return batches.flatMap((batch) => {
    const values = Float32Array.from({ length: batch * sizeOf(sampleShape) }, () => random.uniform())
    const x = new Tensor(values, [batch, ...sampleShape])
    const models = backends.map((backend) => build({ seed: 1, backend }))
    const subjects = models.map((model): Subject => ({ name, run: () => model.predict(x) }))
    const peak = peakSubject(backends[0] as NativeBackend)
    const times = interleave([...subjects, peak], roundsOf(options.rounds))
    const [oneThread = [], peakTimes = []] = [times[0], times.at(-1)]
    const flops = batch * flopsOf(models[0] as Sequential, sampleShape)
    return backends.map(({ isa, threads }, i): PredictRow => {
      const mine = times[i] ?? []
      const medianMs = median(mine)
      return {
        name,
        batch,
        isa,
        threads,
        medianMs,
        gflops: flops / medianMs / 1e6,
        peakShare: (medianRatio(mine, peakTimes) * flops) / peak.flops,
        ratioToOneThread: medianRatio(mine, oneThread),
      }
    })
  })
}

function textOf(rows: readonly PredictRow[]): string {
  const cells = rows.map((row) => [
    `${row.name}, batch ${row.batch}`,
    `${row.isa}, ${row.threads} thread${row.threads > 1 ? 's' : ''}`,
    (row.medianMs * 1e3).toFixed(1),
    ((row.medianMs * 1e3) / row.batch).toFixed(2),
    row.gflops.toFixed(1),
    `${(100 * row.peakShare).toFixed(0)} %`,
    row.threads === 1 ? '' : `${row.ratioToOneThread.toFixed(2)}x`,
  ])
  return tableText(['network', 'backend', 'µs a call', 'µs a sample', 'GFLOP/s', 'of peak', 'vs 1 thread'], cells)
}

function main(): void {
  const chosen = networks.filter(({ name }) => words.length === 0 || words.includes(name))
  if (chosen.length === 0) throw new Error(`no network is called ${words.join(' or ')}`)
  const isa = options.isa === undefined ? {} : { isa: options.isa }
  const backends = [...new Set([1, native(isa).threads])].map((threads) => native({ threads, ...isa }))
  const rows = chosen.flatMap((network) => measure(network, backends))
  console.log(options.json ? JSON.stringify(rows, null, 2) : textOf(rows))
}

main()
