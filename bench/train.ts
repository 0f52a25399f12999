// `npm run bench:train`: whole training steps, native on every ISA against pure TypeScript.
// `-- --json` prints rows, `-- --rounds N` takes more rounds, `-- --no-reference` leaves pure TypeScript out, other words
// name workloads.

import { parseArgs } from 'node:util'
import type { Dataset } from '../src/data/dataset.js'
import type { Backend } from '../src/kernels/backend.js'
import { availableIsas, type NativeBackend, native } from '../src/kernels/native/index.js'
import { reference } from '../src/kernels/reference/backend.js'
import { interleave, median, medianRatio, peakSubject, type Row, roundsOf, type Subject, tableText } from './measure.js'
import { digitsFor, planOf, type Workload, workloads, workOf } from './workloads.js'

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '25' },
    'no-reference': { type: 'boolean', default: false },
  },
})

/** Steps through an epoch again and again, as fit does, without what fit adds; `stepsPerCall` at a time. */
function stepSubject(workload: Workload, train: Dataset, backend: Backend, stepsPerCall: number): Subject {
  const { plan, table, steps } = planOf(workload, train, backend)
  const width = plan.program.columns.length
  let next = 0
  const run = (): void => {
    plan.runSync(table.subarray(next * width), stepsPerCall)
    next = (next + stepsPerCall) % steps
  }
  return { name: `${backend.name} ${backend.isa}`, run }
}

function measure(
  workload: Workload,
  train: Dataset,
  natives: readonly NativeBackend[],
  slow: Backend | undefined,
  rounds: number,
): Row[] {
  const backends: readonly Backend[] = slow === undefined ? natives : [...natives, slow]
  const { flops } = workOf(workload.model(natives[0] as NativeBackend), workload.optimizer())
  // Of the smallest network, as many as a job of fit has.
  const stepsPerCall = flops < 1e8 ? 10 : 1
  const peaks = natives.map(peakSubject)
  const steps = backends.map((backend) => stepSubject(workload, train, backend, stepsPerCall))
  const all = interleave([...peaks, ...steps], rounds, 10)
  const times = all.slice(peaks.length).map((row) => row.map((ms) => ms / stepsPerCall))
  const slowTimes = slow === undefined ? [] : (times.at(-1) ?? [])
  return backends.map(({ name, isa, threads }, i): Row => {
    const stepTimes = times[i] ?? []
    const peak = peaks[i]
    const peakTimes = all[i] ?? []
    const medianMs = median(stepTimes)
    return {
      name: workload.name,
      backend: name,
      isa,
      threads,
      medianMs,
      gflops: flops / medianMs / 1e6,
      peakGflops: peak === undefined ? null : peak.flops / median(peakTimes) / 1e6,
      peakShare: peak === undefined ? null : (medianRatio(stepTimes, peakTimes) * flops) / peak.flops,
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
    Number.isNaN(row.ratioToReference) ? '' : `${row.ratioToReference.toFixed(1)}x`,
  ])
  return tableText(['workload', 'backend', 'step', 'GFLOP/s', 'FMA peak', 'of peak', 'vs TS'], cells)
}

async function main(): Promise<void> {
  const chosen = workloads.filter(({ name }) => words.length === 0 || words.includes(name))
  if (chosen.length === 0) throw new Error(`no workload is called ${words.join(' or ')}`)
  const { threads } = native()
  const natives = availableIsas().flatMap((isa) =>
    [...new Set([1, threads])].map((count) => native({ isa, threads: count })),
  )
  const slow = options['no-reference'] ? undefined : reference()
  const rows: Row[] = []
  for (const workload of chosen) {
    rows.push(...measure(workload, await digitsFor(workload), natives, slow, roundsOf(options.rounds)))
  }
  console.log(options.json ? JSON.stringify(rows, null, 2) : textOf(rows))
}

await main()
