// Runs a recorded step over a data set: fills the step table job by job, paces the jobs, adds up what steps measured.

import { allocateArray, type Backend, releaseArrays } from '../kernels/backend.js'
import { Plan, type RunResult } from '../kernels/plan.js'
import { reportProfile } from '../kernels/profile-report.js'
import type { Recording } from '../kernels/recorder.js'
import type { Sealed } from '../model/network.js'
import { permutation } from '../random/permutation.js'
import type { TensorData } from '../tensor/tensor.js'
import { dataSlots } from './check-data.js'
import type { DataPart, DataParts } from './data-parts.js'

/**
 * How long a job should take. Between two jobs both cores idle for some 0.5 ms in a virtual machine, until each thread has
 * woken the next: 3.9 % of a 784-50-10 epoch in jobs of 16 ms, 2.7 % in 50. Stopping waits for no job's end.
 */
const jobMilliseconds = 50
const mostStepsPerJob = 1024

/** How many steps' losses are remembered for the diagnosis of one that fails. */
const lossesKept = 8

/** What a stretch of steps measured. */
export interface Totals {
  samples: number
  /** Σ over samples. */
  loss: number
  correct: number
  /** Time spent in jobs. */
  milliseconds: number
}

/** Where a pass over the data stands; a pass moves it on. */
export interface PassPosition {
  /** Samples before the next step. */
  cursor: number
  totals: Totals
}

export const passBegin = (): PassPosition => ({
  cursor: 0,
  totals: { samples: 0, loss: 0, correct: 0, milliseconds: 0 },
})

/** What one step measured: Σ over its samples. */
export type StepTotals = Omit<Totals, 'milliseconds'>

/** What a job must not overstep, and how its steps get their own numbers. */
export interface StepOptions {
  /** Which pass over the data it is; default 0. */
  readonly epoch?: number
  /** Seed of the order in which samples are visited, within each part; default: their own order. */
  readonly shuffleSeed?: number | undefined
  /** Whether a part of the data fits the model; asked once for each. */
  readonly check?: ((part: DataPart) => void) | undefined
  /** Writes the step values that are not about data, for the `i`-th step from here: an optimizer's rate. */
  readonly fillStep?: (set: (column: string, value: number) => void, i: number) => void
  readonly signal?: AbortSignal | undefined
  /** Awaited before each job: a pause. */
  readonly ready?: () => Promise<void> | undefined
  /** Most steps of the next job, of those that remain in this pass; 0 ends the pass. */
  readonly mostSteps?: (remaining: number) => number
  /** Called after each job that completed steps, with their number; the last of them. */
  readonly onJob?: (steps: number, last: StepTotals) => void | Promise<void>
  /** Held during each job. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>
}

/** How a pass over the data ended: whole, stopped, or in a failure of the step at the position. */
export interface PassResult {
  readonly end: 'done' | 'stopped' | 'failed'
  readonly failure?: RunResult
}

export class DataSteps {
  readonly #plan: Plan
  readonly #table: Float64Array
  readonly #columns: ReadonlyMap<string, number>
  readonly #order: Int32Array
  readonly #losses: TensorData
  readonly #correct: TensorData
  readonly #parts: DataParts
  readonly #slots: Readonly<Record<string, TensorData>>
  #part: DataPart | undefined
  readonly #batchSize: number
  #millisecondsPerStep = 0.25
  #lastLosses: readonly number[] = []

  constructor(
    backend: Backend,
    sealed: Sealed,
    recording: Recording,
    parts: DataParts,
    batchSize: number,
    slots: Readonly<Record<string, TensorData>> = {},
  ) {
    this.#parts = parts
    this.#batchSize = Math.min(batchSize, parts.length)
    this.#plan = new Plan(backend, recording, this.#batchSize, sealed.lock)
    const { columns } = recording.program
    this.#columns = new Map(columns.map((name, i) => [name, i]))
    this.#table = new Float64Array(mostStepsPerJob * columns.length)
    this.#order = allocateArray(backend, 'int32', parts.capacity) as Int32Array
    this.#losses = allocateArray(backend, backend.real, mostStepsPerJob)
    this.#correct = allocateArray(backend, backend.real, mostStepsPerJob)
    this.#slots = {
      parameters: sealed.store.values,
      gradients: sealed.store.gradients,
      buffers: sealed.store.buffers,
      ...slots,
      order: this.#order,
      losses: this.#losses,
      correct: this.#correct,
    }
  }

  /** Gives its memory back: the end of its use. */
  release(): void {
    const { backend } = this.#plan
    this.#plan.release()
    releaseArrays(backend, [this.#order, this.#losses, this.#correct])
  }

  /** Mean losses of the last whole steps, the last one last. */
  get lastLosses(): readonly number[] {
    return this.#lastLosses
  }

  /** The part of the data that the last step has read. */
  get part(): DataPart {
    return this.#part as DataPart
  }

  /** Numbers, within the part, of the samples of its batch at `cursor` of the pass, in their order. */
  samplesAt(cursor: number): Int32Array {
    const { dataset, first } = this.part
    return this.#order.slice(cursor - first, Math.min(cursor - first + this.#batchSize, dataset.length))
  }

  /** Every sample from `position` on once, in batches of batchSize, the last one maybe smaller. */
  async pass(position: PassPosition, options: StepOptions): Promise<PassResult> {
    const { epoch = 0, fillStep, signal, ready, mostSteps, onJob, turn } = options
    const { length } = this.#parts
    this.#part = undefined
    const stop = (): void => this.#plan.stop()
    signal?.addEventListener('abort', stop)
    try {
      while (position.cursor < length) {
        await ready?.()
        if (signal?.aborted) return { end: 'stopped' }
        const remaining = Math.ceil((length - position.cursor) / this.#batchSize)
        const most = mostSteps?.(remaining) ?? remaining
        if (most === 0) return { end: 'stopped' }
        const part = await this.#parts.at(position.cursor, epoch, signal)
        if (part === undefined) return { end: 'stopped' }
        if (part !== this.#part) this.#enter(part, options)
        const inPart = Math.ceil((part.first + part.dataset.length - position.cursor) / this.#batchSize)
        const count = Math.min(inPart, this.#stepsPerJob(), most)
        this.#fillTable(part, position.cursor, count, fillStep)
        let started = 0
        const result = await turn(async () => {
          started = performance.now()
          // Aborted while others had their turn: stop() found no run to end.
          return signal?.aborted ? undefined : this.#plan.run(this.#table, count)
        })
        if (result === undefined) return { end: 'stopped' }
        const milliseconds = performance.now() - started
        const { step: steps, outcome } = result
        position.totals.milliseconds += milliseconds
        if (steps > 0) {
          this.#millisecondsPerStep = milliseconds / steps
          const last = this.#addUp(position.totals, steps)
          position.cursor += steps * this.#batchSize
          await onJob?.(steps, last)
        }
        if (outcome === 'failed') return { end: 'failed', failure: result }
        if (outcome === 'stopped') return { end: 'stopped' }
      }
      return { end: 'done' }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** With NETWRIGHT_PROFILE, prints what all passes took; `what` they do is the heading. */
  reportProfile(what: string): void {
    reportProfile(what, this.#plan)
  }

  #stepsPerJob(): number {
    const steps = Math.round(jobMilliseconds / this.#millisecondsPerStep)
    return Math.min(mostStepsPerJob, Math.max(1, steps))
  }

  /** Lets the steps read `part`. */
  #enter(part: DataPart, { epoch = 0, shuffleSeed, check }: StepOptions): void {
    check?.(part)
    const { dataset, first } = part
    const { length, capacity } = this.#parts
    const order = this.#order.subarray(0, dataset.length)
    if (shuffleSeed === undefined) {
      for (let i = 0; i < order.length; i++) order[i] = i
    } else {
      permutation(order.length, shuffleSeed, epoch * Math.ceil(length / capacity) + first / capacity, order)
    }
    this.#plan.bind({ ...this.#slots, ...dataSlots(dataset) })
    this.#part = part
  }

  #fillTable({ dataset, first }: DataPart, cursor: number, count: number, fillStep: StepOptions['fillStep']): void {
    const { length } = dataset
    const width = this.#columns.size
    let row = 0
    const set = (column: string, value: number): void => {
      this.#table[row * width + (this.#columns.get(column) as number)] = value
    }
    for (; row < count; row++) {
      const place = cursor + row * this.#batchSize
      const start = place - first
      set('rows', Math.min(this.#batchSize, length - start))
      set('cursor', start)
      set('samples', length)
      set('length', length)
      set('firstSample', first)
      set('place', place)
      set('places', this.#parts.length)
      set('at', row)
      set('ringLength', mostStepsPerJob)
      fillStep?.(set, row)
    }
  }

  /** Adds the first `steps` steps of the last job to `totals`; answers the last of them. */
  #addUp(totals: Totals, steps: number): StepTotals {
    const width = this.#columns.size
    let last: StepTotals = { samples: 0, loss: 0, correct: 0 }
    for (let i = 0; i < steps; i++) {
      const samples = this.#table[i * width] as number
      last = { samples, loss: (this.#losses[i] as number) * samples, correct: this.#correct[i] as number }
      totals.samples += samples
      totals.loss += last.loss
      totals.correct += last.correct
    }
    const newest = Array.from(this.#losses.subarray(Math.max(0, steps - lossesKept), steps))
    this.#lastLosses = [...this.#lastLosses, ...newest].slice(-lossesKept)
    return last
  }
}
