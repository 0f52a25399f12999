// Runs a recorded step over a data set: fills the step table job by job, paces the jobs, adds up what steps measured.

import type { Dataset } from '../data/dataset.js'
import { allocateArray, type Backend } from '../kernels/backend.js'
import { Plan, type RunResult } from '../kernels/plan.js'
import { reportProfile } from '../kernels/profile-report.js'
import type { Recording } from '../kernels/recorder.js'
import type { Sealed } from '../model/network.js'
import type { TensorData } from '../tensor/tensor.js'
import { dataSlots } from './check-data.js'

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
  readonly #dataset: Dataset
  readonly #batchSize: number
  #millisecondsPerStep = 0.25
  #lastLosses: readonly number[] = []

  constructor(
    backend: Backend,
    sealed: Sealed,
    recording: Recording,
    dataset: Dataset,
    batchSize: number,
    slots: Readonly<Record<string, TensorData>> = {},
  ) {
    this.#dataset = dataset
    this.#batchSize = Math.min(batchSize, dataset.length)
    this.#plan = new Plan(backend, recording, this.#batchSize, sealed.lock)
    const { columns } = recording.program
    this.#columns = new Map(columns.map((name, i) => [name, i]))
    this.#table = new Float64Array(mostStepsPerJob * columns.length)
    this.#order = allocateArray(backend, 'int32', dataset.length) as Int32Array
    this.#losses = allocateArray(backend, backend.real, mostStepsPerJob)
    this.#correct = allocateArray(backend, backend.real, mostStepsPerJob)
    for (let i = 0; i < dataset.length; i++) this.#order[i] = i
    this.#plan.bind({
      parameters: sealed.store.values,
      gradients: sealed.store.gradients,
      buffers: sealed.store.buffers,
      ...slots,
      ...dataSlots(dataset),
      order: this.#order,
      losses: this.#losses,
      correct: this.#correct,
    })
  }

  /** The order in which samples are visited: 0, 1, 2, … until something else is written here between passes. */
  get order(): Int32Array {
    return this.#order
  }

  /** Mean losses of the last whole steps, the last one last. */
  get lastLosses(): readonly number[] {
    return this.#lastLosses
  }

  /** Numbers of the samples of the batch at `cursor`, in its order. */
  samplesAt(cursor: number): Int32Array {
    return this.#order.slice(cursor, cursor + this.#batchSize)
  }

  /** Every sample from `position` on once, in batches of batchSize, the last one maybe smaller. */
  async pass(position: PassPosition, options: StepOptions): Promise<PassResult> {
    const { fillStep, signal, ready, mostSteps, onJob, turn } = options
    const { length } = this.#dataset
    const stop = (): void => this.#plan.stop()
    signal?.addEventListener('abort', stop)
    try {
      while (position.cursor < length) {
        await ready?.()
        if (signal?.aborted) return { end: 'stopped' }
        const remaining = Math.ceil((length - position.cursor) / this.#batchSize)
        const count = Math.min(remaining, this.#stepsPerJob(), mostSteps?.(remaining) ?? remaining)
        if (count === 0) return { end: 'stopped' }
        this.#fillTable(position.cursor, count, fillStep)
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

  #fillTable(cursor: number, count: number, fillStep: StepOptions['fillStep']): void {
    const { length } = this.#dataset
    const width = this.#columns.size
    let row = 0
    const set = (column: string, value: number): void => {
      this.#table[row * width + (this.#columns.get(column) as number)] = value
    }
    for (; row < count; row++) {
      const start = cursor + row * this.#batchSize
      set('rows', Math.min(this.#batchSize, length - start))
      set('cursor', start)
      set('samples', length)
      set('length', length)
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
