// `npm run bench`: every kernel at network shapes, native on one core against pure TypeScript, in one process and in
// turns. `-- --json` prints rows, `--isa NAME`, `--threads N` and `--rounds N` set what they say, other words select
// kernels and shapes that contain one of them. Whole training steps are train.ts.

import { parseArgs } from 'node:util'
import { type KernelName, kernelNames } from '../src/kernels/declarations.js'
import type { KernelArguments } from '../src/kernels/kernels.js'
import { type NativeBackend, native } from '../src/kernels/native/index.js'
import { reference } from '../src/kernels/reference/backend.js'
import { workOf } from '../src/kernels/work.js'
import { tensorArguments } from '../test/kernels/harness.js'
import type { Numbers } from '../test/kernels/spec.js'
import { specOf } from '../test/kernels/specs.js'
import { interleave, median, medianRatio, peakSubject, type Row, roundsOf, type Subject, tableText } from './measure.js'

/** What `--json` prints, one per kernel, shape and backend. */
interface KernelRow extends Row {
  /** GB/s of memory that the kernel must read and write. */
  readonly gigabytes: number
}

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    isa: { type: 'string' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '15' },
  },
})

type KernelCalls = { readonly [K in KernelName]: (args: KernelArguments<K>) => void }

function kernelSubject<K extends KernelName>(kernels: KernelCalls, kernel: K, args: KernelArguments<K>): Subject {
  return { name: kernel, run: () => kernels[kernel](args) }
}

/** Both backends work in the same memory, so that neither has the better place. Calls are eager, checks included. */
function measure(
  kernel: KernelName,
  shape: string,
  numbers: Numbers,
  fast: NativeBackend,
  rounds: number,
): KernelRow[] {
  const slow = reference()
  const args = tensorArguments(kernel, numbers, (length, element) => slow.kernels.empty([length], element))
  const { flops, bytes } = workOf(kernel, args)
  const peak = peakSubject(fast)
  const subjects = [kernelSubject(slow.kernels, kernel, args), kernelSubject(fast.kernels, kernel, args), peak]
  const [slowTimes = [], fastTimes = [], peakTimes = []] = interleave(subjects, rounds)
  return [slow, fast].map(({ name, isa, threads }): KernelRow => {
    const times = name === 'native' ? fastTimes : slowTimes
    const medianMs = median(times)
    return {
      name: `${kernel} ${shape}`,
      backend: name,
      isa,
      threads,
      medianMs,
      gflops: flops / medianMs / 1e6,
      gigabytes: bytes / medianMs / 1e6,
      peakGflops: name === 'native' ? peak.flops / median(peakTimes) / 1e6 : null,
      peakShare: name === 'native' ? (medianRatio(times, peakTimes) * flops) / peak.flops : null,
      ratioToReference: medianRatio(times, slowTimes),
    }
  })
}

function textOf(rows: readonly KernelRow[]): string {
  const cells = rows.map((row) => [
    row.name,
    row.backend === 'native' ? `native ${row.isa}` : 'TypeScript',
    (row.medianMs * 1000).toFixed(2),
    row.gflops.toFixed(2),
    row.gigabytes.toFixed(1),
    row.peakShare === null ? '' : `${(100 * row.peakShare).toFixed(0)} %`,
    row.backend === 'native' ? `${row.ratioToReference.toFixed(1)}x` : '',
  ])
  return tableText(['kernel', 'backend', 'median µs', 'GFLOP/s', 'GB/s', 'of peak', 'vs TS'], cells)
}

function main(): void {
  const selected = kernelNames.flatMap((kernel) =>
    Object.entries(specOf(kernel).benchmark)
      .filter(([shape]) => words.length === 0 || words.some((word) => `${kernel} ${shape}`.includes(word)))
      .map(([shape, numbers]) => ({ kernel, shape, numbers })),
  )
  if (selected.length === 0) {
    throw new Error(`no kernel or shape contains ${words.join(' or ')}; kernels: ${kernelNames.join(', ')}`)
  }
  const fast = native({ threads: Number(options.threads), ...(options.isa === undefined ? {} : { isa: options.isa }) })
  const rows = selected.flatMap(({ kernel, shape, numbers }) =>
    measure(kernel, shape, numbers, fast, roundsOf(options.rounds)),
  )
  if (options.json) {
    console.log(JSON.stringify(rows, null, 2))
    return
  }
  const peak = median(rows.flatMap(({ peakGflops }) => peakGflops ?? []))
  console.log(
    `${fast.isa}, ${fast.threads} thread${fast.threads > 1 ? 's' : ''}; FMA peak of one core ${peak.toFixed(0)} GFLOP/s`,
  )
  console.log(textOf(rows))
}

main()
