// Runs a recorded step over a data set: fills the step table job by job, paces the jobs, adds up what steps measured.

import type { Dataset } from '../data/dataset.js'
import { allocateArray, type Backend } from '../kernels/backend.js'
import { Plan, type RunResult } from '../kernels/plan.js'
import { reportProfile } from '../kernels/profile-report.js'
import type { Recording } from '../kernels/recorder.js'
import type { Sealed } from '../model/network.js'
import type { TensorData } from '../tensor/tensor.js'
import { dataSlots } from './check-data.js'

/** How long a job should take: long enough that its hand-over costs nothing, short enough to report and to stop. */
const jobMilliseconds = 8
const mostStepsPerJob = 1024

/** What a stretch of steps measured. */
export interface Totals {
  samples: number
  /** Σ over samples. */
  loss: number
  correct: number
  /** Time spent in jobs. */
  milliseconds: number
  steps: number
}

const noTotals = (): Totals => ({ samples: 0, loss: 0, correct: 0, milliseconds: 0, steps: 0 })

/** Called after each job, with what has been added so far. */
export type OnJob = (totals: Readonly<Totals>) => void | Promise<void>

/** What a job must not overstep, and how its steps get their own numbers. */
export interface StepOptions {
  /** Writes the step values that are not about data, for the `i`-th step from here: an optimizer's rate. */
  readonly fillStep?: (set: (column: string, value: number) => void, i: number) => void
  readonly signal?: AbortSignal | undefined
  readonly onJob?: OnJob
  /** Held during each job. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>
}

/** How a pass over the data ended: whole, stopped, or in a failure at the sample `cursor + row`. */
export interface PassResult {
  readonly totals: Totals
  readonly end: 'done' | 'stopped' | 'failed'
  readonly failure?: RunResult
  /** Position in the order of the step that failed. */
  readonly cursor: number
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

  /** Every sample once, in batches of batchSize, the last one maybe smaller. */
  async pass({ fillStep, signal, onJob, turn }: StepOptions): Promise<PassResult> {
    const totals = noTotals()
    const { length } = this.#dataset
    let cursor = 0
    const stop = (): void => this.#plan.stop()
    signal?.addEventListener('abort', stop)
    try {
      while (cursor < length) {
        if (signal?.aborted) return { totals, end: 'stopped', cursor }
        const remaining = Math.ceil((length - cursor) / this.#batchSize)
        const count = Math.min(remaining, this.#stepsPerJob())
        this.#fillTable(cursor, count, fillStep)
        let started = 0
        const result = await turn(async () => {
          started = performance.now()
          // Aborted while others had their turn: stop() found no run to end.
          return signal?.aborted ? undefined : this.#plan.run(this.#table, count)
        })
        if (result === undefined) return { totals, end: 'stopped', cursor }
        const milliseconds = performance.now() - started
        totals.milliseconds += milliseconds
        if (result.step > 0) this.#millisecondsPerStep = milliseconds / result.step
        this.#addUp(totals, result.step)
        cursor += result.step * this.#batchSize
        await onJob?.(totals)
        if (result.outcome === 'failed') return { totals, end: 'failed', failure: result, cursor }
        if (result.outcome === 'stopped') return { totals, end: 'stopped', cursor }
      }
      return { totals, end: 'done', cursor }
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

  #addUp(totals: Totals, steps: number): void {
    const width = this.#columns.size
    for (let i = 0; i < steps; i++) {
      const rows = this.#table[i * width] as number
      totals.samples += rows
      totals.loss += (this.#losses[i] as number) * rows
      totals.correct += this.#correct[i] as number
    }
    totals.steps += steps
  }
}
