// Fair timing on a machine with neighbours: rounds that take turns, medians of ratios, the FMA peak, and tables.

import type { BackendName } from '../src/kernels/backend.js'
import type { NativeBackend } from '../src/kernels/native/index.js'

/** One thing to time. */
export interface Subject {
  readonly name: string
  readonly run: () => void
}

/** One line of a benchmark's answer; `--json` prints an array of them. */
export interface Row {
  readonly name: string
  readonly backend: BackendName
  readonly isa: string
  readonly threads: number
  readonly medianMs: number
  readonly gflops: number
  /** FMA peak of one core with this ISA in this run, GFLOP/s; null for the reference. */
  readonly peakGflops: number | null
  /** Share of that, whatever the number of threads; median over rounds. */
  readonly peakShare: number | null
  /** How many times as fast as the reference: median over rounds. NaN, in JSON null, where it was left out. */
  readonly ratioToReference: number
}

/** The value of `--rounds`: a whole number above 0; anything else ends the program with a line on stderr. */
export function roundsOf(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  console.error(`--rounds is '${text}', expected a whole number above 0`)
  process.exit(2)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** A subject takes part in as many rounds as it manages in this time, and in two at least. */
const longestMilliseconds = 4000

/**
 * How many calls in a row last about `milliseconds`, long enough for a timer's own error to be nothing. Runs for 30 ms
 * and at least 10 calls or half a second before it counts, so that V8 has optimised what it is going to.
 */
function callsFor(run: () => void, milliseconds: number): { readonly calls: number; readonly each: number } {
  const begin = performance.now()
  const elapsed = (): number => performance.now() - begin
  for (let call = 0; elapsed() < 30 || (call < 10 && elapsed() < 500); call++) run()
  for (let calls = 1; ; calls *= 2) {
    const start = performance.now()
    for (let call = 0; call < calls; call++) run()
    const time = performance.now() - start
    if (time < milliseconds / 4 && calls < 2 ** 22) continue
    return { calls: Math.max(1, Math.round((calls * milliseconds) / time)), each: time / calls }
  }
}

/**
 * Milliseconds of one call of each subject, as `times[subject][round]`. Rounds take turns, A B C A B C …, so that a slow
 * spell of the machine meets all of them: compare within rounds (medianRatio), not medians of different spells. Subjects
 * of seconds a call leave after fewer rounds.
 */
export function interleave(
  subjects: readonly Subject[],
  rounds: number,
  milliseconds = 5,
): readonly (readonly number[])[] {
  const counts = subjects.map(({ run }) => callsFor(run, milliseconds))
  const times: number[][] = subjects.map(() => [])
  for (let round = 0; round < rounds; round++) {
    subjects.forEach(({ run }, i) => {
      const { calls, each } = counts[i] as { calls: number; each: number }
      if (round >= Math.max(2, longestMilliseconds / (calls * each))) return
      const start = performance.now()
      for (let call = 0; call < calls; call++) run()
      times[i]?.push((performance.now() - start) / calls)
    })
  }
  return times
}

/** Median, over the rounds that both took part in, of how many times as long `b` took as `a`. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.slice(0, b.length).map((time, round) => (b[round] as number) / time))
}

/** Nothing but FMAs in registers on one core, `flops` operations a call: its rate is the core's peak in that round. */
export function peakSubject(backend: NativeBackend): Subject & { readonly flops: number } {
  // Some 50 µs, far above the cost of a call.
  const iterations = 20_000
  const flops = backend.burstFma(iterations)
  return { name: `peak ${backend.isa}`, flops, run: () => backend.burstFma(iterations) }
}

/** Rows of text in aligned columns: the first two to the left, numbers to the right. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
