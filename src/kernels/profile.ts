// A profile: what the calls of a plan took, by the part of the model that made them and by kernel.

import { inspectCustom } from '../inspect-custom.js'
import { textTable } from '../text-table.js'
import type { Backend } from './backend.js'
import type { Parameter } from './declaration.js'
import { declarations } from './declarations.js'
import { at, type Program, type ProgramArgument, type ProgramCall } from './program.js'
import { type Work, workOf } from './work.js'

/** The calls of one part of the model to one kernel. */
export interface ProfileEntry {
  /** A layer (`0.Linear`), the loss, `batch`, `metrics`, `gradients`, `running statistics` or `optimizer`. */
  readonly owner: string
  /** The kernel and those of its flags that are on: `gemm transposeA`. A layer's own JavaScript is `host`. */
  readonly kernel: string
  /** Calls that came to their end. */
  readonly calls: number
  /** Wall-clock time of all of them. */
  readonly milliseconds: number
  /** Of the time of all entries, from 0 to 1. */
  readonly share: number
  /** 10⁹ arithmetic operations a second. */
  readonly gflops: number
  /** 10⁹ bytes a second of what must be read and written at least. */
  readonly gigabytes: number
}

interface Sum extends Work {
  readonly owner: string
  readonly kernel: string
  readonly calls: number
  readonly milliseconds: number
}

/** What a plan's calls took while it was profiled. Prints as a table. */
export class Profile {
  /** By time, the longest first. */
  readonly entries: readonly ProfileEntry[]
  /** Whole steps. */
  readonly steps: number
  /** Time of all calls. What a step does between its calls (checks, hand-over of jobs) is not in it. */
  readonly milliseconds: number
  readonly #total: ProfileEntry

  constructor(sums: readonly Sum[], steps: number) {
    const add = (number: (sum: Sum) => number): number => sums.reduce((total, sum) => total + number(sum), 0)
    this.steps = steps
    this.milliseconds = add(({ milliseconds }) => milliseconds)
    const entryOf = ({ flops, bytes, ...sum }: Sum): ProfileEntry => {
      const perTime = (amount: number, time: number): number => (time > 0 ? amount / time : 0)
      return {
        ...sum,
        share: perTime(sum.milliseconds, this.milliseconds),
        gflops: perTime(flops / 1e6, sum.milliseconds),
        gigabytes: perTime(bytes / 1e6, sum.milliseconds),
      }
    }
    this.entries = sums.map(entryOf).sort((a, b) => b.milliseconds - a.milliseconds)
    this.#total = entryOf({
      owner: 'total',
      kernel: `${steps} steps of ${(this.milliseconds / Math.max(1, steps)).toFixed(3)} ms`,
      calls: add(({ calls }) => calls),
      milliseconds: this.milliseconds,
      flops: add(({ flops }) => flops),
      bytes: add(({ bytes }) => bytes),
    })
  }

  /** A line for each entry and one for their total; GFLOP/s of a kernel that only copies are left blank. */
  toString(): string {
    const lines = [...this.entries, this.#total].map((entry) => [
      entry.owner,
      entry.kernel,
      `${entry.calls}`,
      entry.milliseconds.toFixed(2),
      ((entry.milliseconds / Math.max(1, entry.calls)) * 1e3).toFixed(2),
      `${(100 * entry.share).toFixed(1)} %`,
      entry.gflops === 0 ? '' : entry.gflops.toFixed(1),
      entry.gigabytes === 0 ? '' : entry.gigabytes.toFixed(1),
    ])
    const head = ['owner', 'kernel', 'calls', 'ms', 'µs a call', 'share', 'GFLOP/s', 'GB/s']
    return textTable([head, ...lines], 2).join('\n')
  }

  /** console.log prints a profile as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }
}

/** Adds to `measurements` (Executor.measurements) a call that began at `start` and has just ended. */
export function addMeasurement(measurements: Float64Array, call: number, start: number, rows: number): void {
  const nanoseconds = (performance.now() - start) * 1e6
  const place = 3 * call
  ;[1, nanoseconds, rows].forEach((number, i) => {
    measurements[place + i] = (measurements[place + i] as number) + number
  })
}

/** The profile of `program` from what its calls took (Executor.measurements). */
export function profileOf(program: Program, measurements: Float64Array, real: Backend['real']): Profile {
  const sums = new Map<string, Sum>()
  const callsOf = (i: number): number => measurements[3 * i] ?? 0
  program.calls.forEach((call, i) => {
    const calls = callsOf(i)
    if (calls === 0) return
    // All sizes are linear in the rows, so that the mean of the work is the work of the mean.
    const { kernel, flops, bytes } = describeCall(call, (measurements[3 * i + 2] as number) / calls, real)
    const key = `${call.owner} ${kernel}`
    const before = sums.get(key)
    sums.set(key, {
      owner: call.owner,
      kernel,
      calls: (before?.calls ?? 0) + calls,
      milliseconds: (before?.milliseconds ?? 0) + (measurements[3 * i + 1] as number) / 1e6,
      flops: (before?.flops ?? 0) + calls * flops,
      bytes: (before?.bytes ?? 0) + calls * bytes,
    })
  })
  // Whole steps: those that reached the last call that every step makes.
  const last = program.calls.findLastIndex((call) => call.kind === 'host' || call.phase !== 'update')
  return new Profile([...sums.values()], callsOf(last))
}

/** The name of a call among its owner's, and its work in a step of `rows`. */
function describeCall(call: ProgramCall, rows: number, real: Backend['real']): Work & { readonly kernel: string } {
  if (call.kind === 'host') return { kernel: 'host', flops: 0, bytes: 0 }
  const { parameters } = declarations[call.kernel]
  const args = Object.fromEntries(
    parameters.map(({ name }, i) => [name, argumentOf(call.args[i] as ProgramArgument, rows)]),
  )
  const isOn = (parameter: Parameter): boolean =>
    parameter.kind === 'size' && parameter.optional && parameter.default === 0 && args[parameter.name] === 1
  const flags = parameters.filter(isOn).map(({ name }) => name)
  return { kernel: [call.kernel, ...flags].join(' '), ...workOf(call.kernel, args, real) }
}

/** As workOf takes it. */
function argumentOf(argument: ProgramArgument, rows: number): number | object | undefined {
  if (argument.kind === 'number') return at(argument.value, rows)
  return argument.kind === 'tensor' ? argument.tensor : undefined
}
