// `npm run bench:roofline`: what this machine can do at most, with one thread and with all: multiply-adds in registers,
// and bandwidth of each level of memory. `-- --json` prints rows, `--isa NAME`, `--threads N`, `--rounds N` as in
// kernels.ts.

import { parseArgs } from 'node:util'
import { availableIsas, native } from '../src/kernels/native/index.js'
import { median, roundsOf, tableText } from './measure.js'
import { type Task, Team } from './team.js'

/** What `--json` prints, one for each task and number of threads. */
interface RooflineRow {
  readonly name: string
  readonly isa: string
  readonly threads: number
  /** Bytes that each thread works on; 0 for multiply-adds. */
  readonly bytes: number
  /** Median of all threads together, by `unit`. */
  readonly rate: number
  readonly unit: 'GFLOP/s' | 'GB/s'
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    isa: { type: 'string' },
    threads: { type: 'string' },
    rounds: { type: 'string', default: '15' },
  },
})

const mega = 2 ** 20
/** Small enough and large enough for any core of the last ten years; what each thread has for itself. */
const levels = [
  { level: 'L1', bytes: 24 * 2 ** 10 },
  { level: 'L2', bytes: 192 * 2 ** 10 },
  { level: 'L3', bytes: 5 * mega },
  { level: 'memory', bytes: 256 * mega },
]

const named: readonly { readonly name: string; readonly task: Task }[] = [
  { name: 'multiply-adds', task: { kind: 'fma' } },
  ...levels.flatMap(({ level, bytes }) => [
    { name: `y += a x, ${level}`, task: { kind: 'update', bytes } as const },
    { name: `y = x, ${level}`, task: { kind: 'copy', bytes } as const },
  ]),
]

async function measure(isa: string, counts: readonly number[], rounds: number): Promise<RooflineRow[]> {
  const team = await Team.of(
    named.map(({ task }) => task),
    Math.max(...counts),
    isa,
  )
  const subjects = named.flatMap(({ name, task }, index) => counts.map((threads) => ({ name, task, index, threads })))
  const rates: number[][] = subjects.map(() => [])
  for (let round = -1; round < rounds; round++) {
    subjects.forEach(({ index, threads }, i) => {
      const rate = team.rate(index, threads)
      // The first round is the warm-up.
      if (round >= 0) rates[i]?.push(rate)
    })
  }
  await team.close()
  return subjects.map(({ name, task, threads }, i) => ({
    name,
    isa,
    threads,
    bytes: 'bytes' in task ? task.bytes : 0,
    rate: median(rates[i] ?? []),
    unit: task.kind === 'fma' ? 'GFLOP/s' : 'GB/s',
  }))
}

function textOf(rows: readonly RooflineRow[], counts: readonly number[]): string {
  const size = (bytes: number): string =>
    bytes === 0 ? '' : bytes < mega ? `${bytes / 2 ** 10} KB` : `${bytes / mega} MB`
  const lines = rows
    .filter(({ threads }) => threads === counts[0])
    .map((first) => {
      const same = rows.filter(({ name }) => name === first.name)
      const gain = (same.at(-1)?.rate ?? 0) / first.rate
      const gains = counts.length > 1 ? [`${gain.toFixed(2)}x`] : []
      return [first.name, first.unit, size(first.bytes), ...same.map(({ rate }) => rate.toFixed(1)), ...gains]
    })
  const heads = counts.map((count) => `${count} thread${count > 1 ? 's' : ''}`)
  return tableText(['what', 'unit', 'each on', ...heads, ...(counts.length > 1 ? ['gain'] : [])], lines)
}

const { isa, threads } = native({
  ...(options.isa === undefined ? {} : { isa: options.isa }),
  ...(options.threads === undefined ? {} : { threads: Number(options.threads) }),
})
const counts = [...new Set([1, threads])]
const rows = await measure(isa, counts, roundsOf(options.rounds))
if (options.json) {
  console.log(JSON.stringify(rows, null, 2))
} else {
  console.log(`${isa} (of ${availableIsas().join(', ')}), medians of ${options.rounds} rounds; y += a x moves 12 bytes`)
  console.log('an element, y = x 8 (and, past the caches, 4 more to fetch y before it is written)')
  console.log(textOf(rows, counts))
}
