// `npm run bench:train`: whole training steps, native on every ISA against pure TypeScript.
// `-- --json` prints rows, `-- --rounds N` takes more rounds, other words name workloads.

import { parseArgs } from 'node:util'
import type { Dataset } from '../src/data/dataset.js'
import { mnist } from '../src/data/mnist.js'
import type { Backend } from '../src/kernels/backend.js'
import { availableIsas, type NativeBackend, native } from '../src/kernels/native/index.js'
import { reference } from '../src/kernels/reference/backend.js'
import { interleave, median, medianRatio, peakSubject, type Row, type Subject, tableText } from './measure.js'
import { type Workload, workloads } from './workloads.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '25' } },
})

/** Steps of one call: fit's jobs are some 8 ms. */
const stepsPerCall = 10

/** Steps through an epoch again and again, as fit does, without what fit adds. */
function stepSubject(workload: Workload, train: Dataset, backend: Backend): Subject {
  const { plan, table, steps } = workload.plan(train, backend)
  const width = plan.program.columns.length
  let next = 0
  const run = (): void => {
    plan.runSync(table.subarray(next * width), stepsPerCall)
    next = (next + stepsPerCall) % steps
  }
  return { name: `${backend.name} ${backend.isa}`, run }
}

function measure(workload: Workload, train: Dataset, natives: readonly NativeBackend[], rounds: number): Row[] {
  const slow = reference()
  const backends: readonly Backend[] = [slow, ...natives]
  const peaks = natives.map(peakSubject)
  const subjects = [...backends.map((backend) => stepSubject(workload, train, backend)), ...peaks]
  const perStep = (ms: number): number => ms / stepsPerCall
  const times = interleave(subjects, rounds, 10).map((row, i) => (i < backends.length ? row.map(perStep) : row))
  const slowTimes = times[0] ?? []
  return backends.map(({ name, isa, threads }, i): Row => {
    const stepTimes = times[i] ?? []
    const peak = peaks[i - 1]
    const peakTimes = times[backends.length + i - 1] ?? []
    const medianMs = median(stepTimes)
    return {
      name: workload.name,
      backend: name,
      isa,
      threads,
      medianMs,
      gflops: workload.flops / medianMs / 1e6,
      peakGflops: peak === undefined ? null : peak.flops / median(peakTimes) / 1e6,
      peakShare: peak === undefined ? null : (medianRatio(stepTimes, peakTimes) * workload.flops) / peak.flops,
      ratioToReference: medianRatio(stepTimes, slowTimes),
    }
  })
}

function textOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    row.backend === 'native' ? `native ${row.isa}, ${row.threads} thread${row.threads > 1 ? 's' : ''}` : 'TypeScript',
    `${row.medianMs.toFixed(3)} ms`,
    row.gflops.toFixed(1),
    row.peakGflops?.toFixed(0) ?? '',
    row.peakShare === null ? '' : `${(100 * row.peakShare).toFixed(0)} %`,
    `${row.ratioToReference.toFixed(1)}x`,
  ])
  return tableText(['workload', 'backend', 'step', 'GFLOP/s', 'FMA peak', 'of peak', 'vs TS'], cells)
}

async function main(): Promise<void> {
  const { train } = await mnist()
  const chosen = workloads.filter(({ name }) => words.length === 0 || words.includes(name))
  if (chosen.length === 0) throw new Error(`no workload is called ${words.join(' or ')}`)
  const { threads } = native()
  const natives = availableIsas().flatMap((isa) =>
    [...new Set([1, threads])].map((count) => native({ isa, threads: count })),
  )
  const rows = chosen.flatMap((workload) => measure(workload, train, natives, Number(options.rounds)))
  console.log(options.json ? JSON.stringify(rows, null, 2) : textOf(rows))
}

await main()
