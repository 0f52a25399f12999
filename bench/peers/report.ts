// The arithmetic of the comparison: from times of subjects to rows, and rows as text. Runs nothing.

import { median, medianRatio, tableText } from '../measure.js'
import type { Work } from '../workloads.js'
import type { Timing } from './rounds.js'

/** One subject with its times. */
export interface Measured extends Timing {
  readonly peer: string
  readonly version: string
  readonly setting: string
  readonly threads: number
  /** Whether its first steps must answer what netwright's do, and how far off they may be, as a share. */
  readonly tolerance: number | undefined
}

/** One line of the comparison; `--json` prints an array of them. */
export interface PeerRow {
  readonly workload: string
  readonly peer: string
  readonly version: string
  readonly setting: string
  readonly threads: number
  readonly medianMs: number
  /** How many times as long the peer takes as netwright with its default threads: median over rounds. */
  readonly ratioToNetwright: number
  /** Share of the time that the matrix products alone need at this machine's multiply-add peak with all threads. */
  readonly floorShare: number | null
  /** The same, with the optimizer's memory traffic added to the floor. */
  readonly floorAndTrafficShare: number | null
  /** Loss after the first steps; for predictions the mean magnitude of the outputs. */
  readonly value: number
  /** Whether that is what netwright's first steps answer; null where peers cannot begin alike. */
  readonly computesTheSame: boolean | null
}

/** What the machine could do at most during the rounds. */
export interface Machine {
  readonly gflops: number
  /** GB/s on arrays of the optimizer's size. */
  readonly gigabytes: number
}

export interface Floor {
  readonly productsMs: number
  readonly trafficMs: number
}

export function floorOf({ flops, optimizerBytes }: Work, { gflops, gigabytes }: Machine): Floor {
  return { productsMs: flops / gflops / 1e6, trafficMs: optimizerBytes / gigabytes / 1e6 }
}

/** Rows of one workload; the first subject is netwright with its default threads. */
export function rowsOf(workload: string, subjects: readonly Measured[], floor: Floor | undefined): PeerRow[] {
  const [own] = subjects
  if (own === undefined) return []
  return subjects.map(({ peer, version, setting, threads, times, value, tolerance }) => {
    const medianMs = median(times)
    const shareOf = (ms: number | undefined): number | null => (ms === undefined ? null : ms / medianMs)
    return {
      workload,
      peer,
      version,
      setting,
      threads,
      medianMs,
      ratioToNetwright: medianRatio(own.times, times),
      floorShare: shareOf(floor?.productsMs),
      floorAndTrafficShare: shareOf(floor && floor.productsMs + floor.trafficMs),
      value,
      computesTheSame: tolerance === undefined ? null : Math.abs(value - own.value) <= tolerance * Math.abs(own.value),
    }
  })
}

/** Each peer's fastest row of a workload. */
export function bestOf(rows: readonly PeerRow[]): readonly PeerRow[] {
  return rows.filter((row) =>
    rows.every((other) => other.peer !== row.peer || other.version !== row.version || other.medianMs >= row.medianMs),
  )
}

const percent = (share: number | null): string => (share === null ? '' : `${(100 * share).toFixed(0)} %`)

export function textOf(rows: readonly PeerRow[]): string {
  const best = new Set(
    [...new Set(rows.map(({ workload }) => workload))].flatMap((name) =>
      bestOf(rows.filter(({ workload }) => workload === name)),
    ),
  )
  const lines = rows.map((row) => [
    row.workload,
    `${row.peer} ${row.version}`,
    String(row.threads),
    `${row.medianMs < 100 ? row.medianMs.toPrecision(3) : row.medianMs.toFixed(0)} ms`,
    `${row.ratioToNetwright.toFixed(2)}x${best.has(row) ? ' *' : '  '}`,
    percent(row.floorShare),
    percent(row.floorAndTrafficShare),
    row.value.toPrecision(4),
    row.computesTheSame === null ? '' : row.computesTheSame ? 'yes' : 'NO',
    row.setting,
  ])
  const head = ['workload', 'peer', 'threads', 'median', 'time', 'of FLOPs', '+ traffic', 'value', 'same', 'setting']
  return tableText(head, lines)
}

/** The line that stands for a peer that is not there. */
export const missingLine = (peer: string, what: string, install: string): string =>
  `${peer}: not measured, ${what} is missing. Install it with: ${install}`
