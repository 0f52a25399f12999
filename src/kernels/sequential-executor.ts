// Replays a program call by call on the event loop's thread: the TypeScript twin of native/plan.cc. A chunk is one
// kernel call.

import { nextTurn } from '../platform.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'
import { viewOf } from '../tensor/view.js'
import type { Executor, Outcome, Progress } from './backend.js'
import { checkArguments, type Failure } from './check.js'
import type { KernelName } from './declarations.js'
import { addMeasurement } from './profile.js'
import { at, inputName, type Program, type ProgramArgument, type ProgramCall, updateColumn } from './program.js'

type KernelCall = Extract<ProgramCall, { kind: 'kernel' }>

/** Runs the calls of one program; a call is known by its place. */
export interface CallRunner {
  /** Takes the positional arguments of `call`, which are checked: they hold until it is prepared anew. */
  prepare(call: number, kernel: KernelName, values: readonly (TensorData | number | null)[]): void
  run(call: number): Failure | undefined
}

/** How long the event loop may be kept waiting. */
const sliceMilliseconds = 8

export class SequentialExecutor implements Executor {
  readonly #program: Program
  readonly #runner: CallRunner
  readonly #real: 'float32' | 'float64'
  #slots: readonly TensorData[] = []
  #stopped = false
  readonly #changesEveryStep: readonly boolean[]
  #inputs: readonly TensorData[] = []
  /** The rows that the calls are prepared for. */
  #preparedRows: number | undefined
  #profiling = false
  /** When the event loop has its next turn: of many short runs as of a long one. */
  #sliceEnd = 0
  readonly #measurements: Float64Array

  constructor(program: Program, real: 'float32' | 'float64', runner: CallRunner) {
    this.#program = program
    this.#real = real
    this.#runner = runner
    this.#measurements = new Float64Array(3 * program.calls.length)
    const inputs = new Set<number | string>(program.inputs.map((_, i) => inputName(i)))
    this.#changesEveryStep = program.calls.map(
      (call) =>
        call.kind === 'kernel' &&
        call.args.some((arg) => arg.kind === 'step' || (arg.kind === 'tensor' && inputs.has(arg.tensor.memory))),
    )
  }

  bind(slots: readonly TensorData[]): void {
    this.#slots = slots
    this.#preparedRows = undefined
  }

  async run(steps: Float64Array, count: number, step: number, call: number, budget: number): Promise<Progress> {
    const calls = this.#replay(steps, count, step, call, budget)
    for (let next = calls.next(); ; next = calls.next()) {
      if (next.done) return next.value
      if (performance.now() < this.#sliceEnd) continue
      await nextTurn()
      this.#sliceEnd = performance.now() + sliceMilliseconds
    }
  }

  runSync(steps: Float64Array, count: number, step: number, call: number, budget: number): Progress {
    const calls = this.#replay(steps, count, step, call, budget)
    for (let next = calls.next(); ; next = calls.next()) if (next.done) return next.value
  }

  runStep(rows: number, call: number, inputs: readonly TensorData[]): Progress {
    this.#inputs = inputs
    return this.runSync(Float64Array.of(rows), 1, 0, call, Number.POSITIVE_INFINITY)
  }

  stop(): void {
    this.#stopped = true
  }

  profile(on: boolean): void {
    this.#profiling = on
    if (on) this.#measurements.fill(0)
  }

  measurements(): Float64Array {
    return this.#measurements.slice()
  }

  release(): void {}

  /** Yields after every compute call, where the event loop may have its turn; never inside a commit phase. */
  *#replay(
    steps: Float64Array,
    count: number,
    firstStep: number,
    firstCall: number,
    budget: number,
  ): Generator<undefined, Progress, undefined> {
    this.#stopped = false
    const { calls, columns } = this.#program
    let [step, call, chunks] = [firstStep, firstCall, 0]
    const end = (outcome: Outcome, failure: Failure = { code: 0, row: 0, value: 0 }, message = ''): Progress => ({
      outcome,
      step,
      call,
      chunks,
      ...failure,
      message,
    })
    for (; step < count; step++, call = 0) {
      const row = steps.subarray(step * columns.length, (step + 1) * columns.length)
      try {
        this.#prepareStep(row)
      } catch (error) {
        return end('refused', undefined, error instanceof Error ? error.message : String(error))
      }
      const updates = row[columns.indexOf(updateColumn)] !== 0
      let committing = false
      for (; call < calls.length; call++) {
        const current = calls[call] as ProgramCall
        if (current.kind === 'host') return end('host')
        if (current.phase === 'update' && !updates) continue
        if (!committing && (this.#stopped || chunks >= budget)) return end('stopped')
        committing = current.phase !== 'compute'
        const start = this.#profiling ? performance.now() : 0
        const failure = this.#runner.run(call)
        if (failure !== undefined) return end('failed', failure)
        if (this.#profiling) addMeasurement(this.#measurements, call, start, row[0] as number)
        if (committing) continue
        chunks++
        yield
      }
    }
    return end('done')
  }

  /** Every call is checked before the first one runs; what does not change from step to step is kept. */
  #prepareStep(row: Float64Array): void {
    const rows = row[0] as number
    const all = rows !== this.#preparedRows
    this.#preparedRows = undefined
    this.#program.calls.forEach((call, i) => {
      if (call.kind === 'kernel' && (all || this.#changesEveryStep[i])) this.#prepare(i, call, row)
    })
    this.#preparedRows = rows
  }

  #prepare(place: number, { kernel, args }: KernelCall, row: Float64Array): void {
    const values = args.map((argument) => this.#valueOf(argument, row))
    checkArguments(kernel, values, this.#real)
    this.#runner.prepare(
      place,
      kernel,
      values.map((value) => (value instanceof Tensor ? value.data : value)),
    )
  }

  #valueOf(argument: ProgramArgument, row: Float64Array): Tensor | number | null {
    const rows = row[0] as number
    if (argument.kind === 'absent') return null
    if (argument.kind === 'number') return at(argument.value, rows)
    if (argument.kind === 'step') return row[argument.column] as number
    const { memory, element, offset, length } = argument.tensor
    const place = this.#program.slots.indexOf(memory as string)
    const slot = (this.#slots[place] ?? this.#inputs[place - this.#slots.length]) as TensorData
    const bytes = arrayTypes[element].BYTES_PER_ELEMENT
    const start = slot.byteOffset + at(offset, rows) * bytes
    const whole = Math.floor((slot.byteOffset + slot.byteLength - start) / bytes)
    const size = length.constant < 0 ? whole : at(length, rows)
    return new Tensor(viewOf(element, slot.buffer, start, size), [size])
  }
}
