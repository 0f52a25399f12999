// A plan: a program placed in memory and compiled for a backend, ready to be replayed. Runs host calls itself.

import { netwrightError } from '../errors.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import { arrayTypes, elementOf, Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { viewOf } from '../tensor/view.js'
import type { Backend, Executor, Lock, Memory, Progress } from './backend.js'
import { type ChainPlace, chainMemories, chainSlot } from './chains.js'
import { fillFailure, namedNumbers } from './check.js'
import { lineBytes, planMemory } from './memory-plan.js'
import { addMeasurement, type Profile, profileOf } from './profile.js'
import { profilesAreAsked } from './profile-report.js'
import {
  at,
  inputName,
  type Program,
  type ProgramCall,
  type ProgramTensor,
  tensorsOf,
  workspaceSlot,
} from './program.js'
import type { Recording } from './recorder.js'

/** How a run ended: `done`, `stopped` before the end, or `failed` in the call `failedCall`. */
export interface RunResult extends Progress {
  readonly outcome: 'done' | 'stopped' | 'failed'
  readonly failedCall?: ProgramCall
  /** What a failed host call threw. */
  readonly error?: unknown
}

/** Throws unless the run is done: what the host call threw, or the kernel's failure in words (ERR_KERNEL). */
export function requireDone(where: string, result: RunResult): void {
  const { outcome, failedCall: call } = result
  if (outcome === 'done') return
  if (call?.kind === 'host') throw result.error
  const what = call === undefined ? outcome : `${call.owner}: ${result.message}`
  throw netwrightError('ERR_KERNEL', `${where}: ${what}`, 'RangeError')
}

const isDone = (progress: Progress): progress is RunResult => progress.outcome === 'done'

/** What the executor is asked next: run on from (step, call) with so many chunks left. */
interface Request {
  readonly step: number
  readonly call: number
  readonly budget: number
}

type HostCall = Extract<ProgramCall, { kind: 'host' }>
type KernelCall = Extract<ProgramCall, { kind: 'kernel' }>

/** Puts every memory of `program` at its offset in the slot `workspace`, or in its chain's memory. */
function placeProgram(
  program: Program,
  offsets: readonly number[],
  inChains: ReadonlyMap<number, ChainPlace>,
): Program {
  const place = (tensor: ProgramTensor): ProgramTensor => {
    if (typeof tensor.memory === 'string') return tensor
    const bytes = arrayTypes[tensor.element].BYTES_PER_ELEMENT
    const inChain = inChains.get(tensor.memory)
    if (inChain !== undefined) {
      const { tensorsBefore, bytesBefore } = inChain
      const offset = { constant: (tensorsBefore * lineBytes) / bytes, perRow: bytesBefore / bytes }
      return { ...tensor, memory: chainSlot, offset }
    }
    const base = (offsets[tensor.memory] as number) / bytes
    const { constant, perRow } = tensor.offset
    return { ...tensor, memory: workspaceSlot, offset: { constant: constant + base, perRow } }
  }
  const calls = program.calls.map((call): ProgramCall => {
    if (call.kind === 'host') {
      return { ...call, outputs: call.outputs.map(place), inputs: call.inputs.map(place) }
    }
    const args = call.args.map((argument) =>
      argument.kind === 'tensor' ? { ...argument, tensor: place(argument.tensor) } : argument,
    )
    return { ...call, args }
  })
  const slots = [...program.slots, workspaceSlot, ...program.inputs.map((_, i) => inputName(i))]
  return { ...program, calls, slots }
}

export class Plan {
  readonly backend: Backend
  readonly program: Program
  /** Most rows a step may have. */
  readonly capacity: number
  readonly #executor: Executor
  readonly #workspace: Memory
  readonly #constants: Memory
  readonly #offsets: readonly number[]
  readonly #slotElements = new Map<string, TensorElement>()
  #slots: Readonly<Record<string, TensorData>> = {}
  #stopped = false
  #profiling = false
  /** Of host calls, as Executor.measurements. */
  readonly #hostMeasurements: Float64Array

  /** `lock` guards the parameters that the commit phase changes. */
  constructor(backend: Backend, recording: Recording, capacity: number, lock: Lock) {
    const inChains = backend.runsChains ? chainMemories(recording.program) : new Map<number, ChainPlace>()
    const { offsets, bytes } = planMemory(recording.program, capacity, inChains)
    this.backend = backend
    this.program = placeProgram(recording.program, offsets, inChains)
    this.capacity = capacity
    this.#offsets = offsets
    this.#workspace = backend.allocate(bytes)
    this.#constants = backend.allocate(recording.constants.length)
    this.#constants.set(recording.constants)
    for (const call of this.program.calls) {
      for (const { memory, element } of tensorsOf(call)) this.#slotElements.set(memory as string, element)
    }
    this.#executor = backend.compile(this.program, lock)
    this.#hostMeasurements = new Float64Array(3 * this.program.calls.length)
    if (profilesAreAsked()) this.profiling = true
  }

  /** Memory for the program's slots, by name; a name that the program does not use is ignored. */
  bind(slots: Readonly<Record<string, TensorData>>): void {
    const all: Readonly<Record<string, TensorData>> = {
      ...slots,
      [workspaceSlot]: this.#workspace,
      constants: this.#constants,
    }
    const { slots: names, inputs } = this.program
    this.#executor.bind(names.slice(0, names.length - inputs.length).map((name) => this.#checkSlot(name, all[name])))
    this.#slots = all
  }

  /**
   * Runs the first `count` steps of `table` off the event loop's thread (native), or in slices that let the event loop
   * breathe (reference). `budget`: stop after so many chunks of compute work, as `stop()` would.
   */
  async run(table: Float64Array, count: number, budget = Number.POSITIVE_INFINITY): Promise<RunResult> {
    const driver = this.#drive(table, count, budget)
    for (let next = driver.next(); ; ) {
      if (next.done) return next.value
      const { step, call, budget: left } = next.value
      next = driver.next(await this.#executor.run(table, count, step, call, left))
    }
  }

  /** The same, here and now. */
  runSync(table: Float64Array, count: number, budget = Number.POSITIVE_INFINITY): RunResult {
    const driver = this.#drive(table, count, budget)
    for (let next = driver.next(); ; ) {
      if (next.done) return next.value
      const { step, call, budget: left } = next.value
      next = driver.next(this.#executor.runSync(table, count, step, call, left))
    }
  }

  /**
   * One step of `rows` rows, here and now, of a program without step values. `inputs`: an array for each of the
   * program's inputs, which is read where it lies.
   */
  runStep(rows: number, inputs: readonly TensorData[]): RunResult {
    this.#requireRoom(rows)
    this.#requireInputs(inputs)
    const progress = this.#executor.runStep(rows, 0, inputs)
    return isDone(progress) ? progress : this.#finishStep(rows, inputs, progress)
  }

  /** Ends a run in progress before its next chunk; the step it is in leaves no trace. */
  stop(): void {
    this.#stopped = true
    this.#executor.stop()
  }

  /**
   * Whether each call of a run is timed, for `profile()`. Setting it to true begins from nothing. Default: false, or
   * true where NETWRIGHT_PROFILE is set; while it is false a call costs one branch more. ERR_STATE during a native run.
   */
  get profiling(): boolean {
    return this.#profiling
  }

  set profiling(on: boolean) {
    this.#executor.profile(on)
    this.#profiling = on
    if (on) this.#hostMeasurements.fill(0)
  }

  /** What the calls took while `profiling` was on: empty where it never was. ERR_STATE during a native run. */
  profile(): Profile {
    const measurements = this.#executor.measurements().map((number, i) => number + (this.#hostMeasurements[i] ?? 0))
    return profileOf(this.program, measurements, this.backend.real)
  }

  /** Gives its memory back: the end of its use. */
  release(): void {
    this.#executor.release()
    this.backend.release(this.#workspace)
    this.backend.release(this.#constants)
  }

  /** What is bound to the slots now, by name. */
  get slots(): Readonly<Record<string, TensorData>> {
    return this.#slots
  }

  /** A kept tensor (Recorder.keep), live: the first `length` elements of its memory. */
  view(memory: number, length: number): TensorData {
    const element = this.program.memories[memory]?.element as TensorElement
    const byteOffset = this.#workspace.byteOffset + (this.#offsets[memory] as number)
    return viewOf(element, this.#workspace.buffer, byteOffset, length)
  }

  /** A copy of a kept tensor as the last step left it. */
  read(memory: number, shape: Shape): Tensor {
    return new Tensor(this.view(memory, sizeOf(shape)).slice(), shape)
  }

  /** The executor sees bytes; here is who knows what they mean. */
  #checkSlot(name: string, view: TensorData | undefined): TensorData {
    if (view === undefined) throw netwrightError('ERR_STATE', `Plan: nothing is bound to slot '${name}'`)
    const expected = name === workspaceSlot || name === 'constants' ? 'uint8' : this.#slotElements.get(name)
    const element = elementOf(view)
    if (element === expected) return view
    throw netwrightError(
      'ERR_ARGUMENT',
      `Plan: slot '${name}' is bound to ${element} data, expected ${expected}`,
      'TypeError',
    )
  }

  /** What is left of a step that has not simply run to its end: host calls, and the words for a failure. */
  #finishStep(rows: number, inputs: readonly TensorData[], progress: Progress): RunResult {
    const bound = this.#slots
    this.#slots = { ...bound, ...Object.fromEntries(inputs.map((data, i) => [inputName(i), data])) }
    try {
      const driver = this.#drive(Float64Array.of(rows), 1, Number.POSITIVE_INFINITY)
      driver.next()
      for (let next = driver.next(progress); ; ) {
        if (next.done) return next.value
        next = driver.next(this.#executor.runStep(rows, next.value.call, inputs))
      }
    } finally {
      this.#slots = bound
    }
  }

  *#drive(table: Float64Array, count: number, budget: number): Generator<Request, RunResult, Progress> {
    this.#checkRows(table, count)
    this.#stopped = false
    let [step, call, chunks] = [0, 0, 0]
    for (;;) {
      const progress = yield { step, call, budget: this.#stopped ? 0 : budget - chunks }
      const { outcome } = progress
      chunks += progress.chunks
      if (outcome === 'refused') throw netwrightError('ERR_KERNEL', progress.message, 'RangeError')
      if (outcome === 'failed') {
        const failedCall = this.program.calls[progress.call] as KernelCall
        const numbers = this.#numbersOf(failedCall, table, progress.step)
        return { ...progress, outcome, chunks, failedCall, message: fillFailure(failedCall.kernel, progress, numbers) }
      }
      if (outcome !== 'host') return { ...progress, outcome, chunks }
      ;({ step, call } = progress)
      const hostCall = this.program.calls[call] as HostCall
      const rows = table[step * this.program.columns.length] as number
      const start = this.#profiling ? performance.now() : 0
      try {
        this.#runHost(hostCall, rows)
      } catch (error) {
        return { ...progress, outcome: 'failed', chunks, failedCall: hostCall, error }
      }
      if (this.#profiling) addMeasurement(this.#hostMeasurements, call, start, rows)
      call++
    }
  }

  /** The sizes and scalars of `call` in step `step`, by name. */
  #numbersOf(call: KernelCall, table: Float64Array, step: number): Readonly<Record<string, number>> {
    const width = this.program.columns.length
    const row = table.subarray(step * width, (step + 1) * width)
    const values = call.args.map((argument) => {
      if (argument.kind === 'number') return at(argument.value, row[0] as number)
      return argument.kind === 'step' ? row[argument.column] : null
    })
    return namedNumbers(call.kernel, values)
  }

  #checkRows(table: Float64Array, count: number): void {
    for (let step = 0; step < count; step++) this.#requireRoom(table[step * this.program.columns.length] as number)
  }

  #requireRoom(rows: number): void {
    if (rows >= 0 && rows <= this.capacity) return
    throw netwrightError('ERR_ARGUMENT', `Plan: rows is ${rows}, this plan has room for ${this.capacity}`, 'RangeError')
  }

  #requireInputs(given: readonly TensorData[]): void {
    const { inputs } = this.program
    if (given.length === inputs.length && given.every((data, i) => elementOf(data) === inputs[i])) return
    throw netwrightError(
      'ERR_ARGUMENT',
      `Plan: inputs are ${given.map(elementOf).join(', ') || 'none'}, expected ${inputs.join(', ') || 'none'}`,
      'TypeError',
    )
  }

  #runHost(call: HostCall, rows: number): void {
    const real = ({ memory, element, offset, shape }: ProgramTensor): Tensor => {
      const slot = this.#slots[memory as string] as TensorData
      const start = slot.byteOffset + at(offset, rows) * arrayTypes[element].BYTES_PER_ELEMENT
      const dimensions = shape.map((dimension) => at(dimension, rows))
      return new Tensor(viewOf(element, slot.buffer, start, sizeOf(dimensions)), dimensions)
    }
    call.fn(call.outputs.map(real), call.inputs.map(real))
  }
}
