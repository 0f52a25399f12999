// A plan: a program placed in memory and compiled for a backend, ready to be replayed. Runs host calls itself.

import { netwrightError } from '../errors.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import { arrayTypes, elementOf, Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { viewOf } from '../tensor/view.js'
import type { Backend, Executor, Lock, Memory, Progress } from './backend.js'
import { fillFailure, namedNumbers } from './check.js'
import { planMemory } from './memory-plan.js'
import { at, type Program, type ProgramCall, type ProgramTensor } from './program.js'
import { type Recording, tensorsOf } from './recorder.js'

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

/** What the executor is asked next: run on from (step, call) with so many chunks left. */
interface Request {
  readonly step: number
  readonly call: number
  readonly budget: number
}

type HostCall = Extract<ProgramCall, { kind: 'host' }>
type KernelCall = Extract<ProgramCall, { kind: 'kernel' }>

const workspaceSlot = 'workspace'

/** Puts every memory of `program` at its offset in the slot `workspace`. */
function placeProgram(program: Program, offsets: readonly number[]): Program {
  const place = (tensor: ProgramTensor): ProgramTensor => {
    if (typeof tensor.memory === 'string') return tensor
    const base = (offsets[tensor.memory] as number) / arrayTypes[tensor.element].BYTES_PER_ELEMENT
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
  return { ...program, calls, slots: [...program.slots, workspaceSlot] }
}

export class Plan {
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

  /** `lock` guards the parameters that the commit phase changes. */
  constructor(backend: Backend, recording: Recording, capacity: number, lock: Lock) {
    const { offsets, bytes } = planMemory(recording.program, capacity)
    this.program = placeProgram(recording.program, offsets)
    this.capacity = capacity
    this.#offsets = offsets
    this.#workspace = backend.allocate(bytes)
    this.#constants = backend.allocate(recording.constants.length)
    this.#constants.set(recording.constants)
    for (const call of this.program.calls) {
      for (const { memory, element } of tensorsOf(call)) this.#slotElements.set(memory as string, element)
    }
    this.#executor = backend.compile(this.program, lock)
  }

  /** Memory for the program's slots, by name; a name that the program does not use is ignored. */
  bind(slots: Readonly<Record<string, TensorData>>): void {
    const all: Readonly<Record<string, TensorData>> = {
      ...slots,
      [workspaceSlot]: this.#workspace,
      constants: this.#constants,
    }
    this.#executor.bind(this.program.slots.map((name) => this.#checkSlot(name, all[name])))
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

  /** Ends a run in progress before its next chunk; the step it is in leaves no trace. */
  stop(): void {
    this.#stopped = true
    this.#executor.stop()
  }

  /** What is bound to the slots now, by name. */
  get slots(): Readonly<Record<string, TensorData>> {
    return this.#slots
  }

  /** Fills a kept tensor (Recorder.keep) before a run. */
  write(memory: number, data: TensorData): void {
    const element = this.program.memories[memory]?.element as TensorElement
    this.#view(element, this.#offsets[memory] as number, data.length).set(data)
  }

  /** A copy of a kept tensor (Recorder.keep) as the last step left it. */
  read(memory: number, shape: Shape): Tensor {
    const element = this.program.memories[memory]?.element as TensorElement
    return new Tensor(this.#view(element, this.#offsets[memory] as number, sizeOf(shape)).slice(), shape)
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

  #view(element: TensorElement, byteOffset: number, length: number): TensorData {
    return viewOf(element, this.#workspace.buffer, this.#workspace.byteOffset + byteOffset, length)
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
      try {
        this.#runHost(hostCall, table[step * this.program.columns.length] as number)
      } catch (error) {
        return { ...progress, outcome: 'failed', chunks, failedCall: hostCall, error }
      }
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
    for (let step = 0; step < count; step++) {
      const rows = table[step * this.program.columns.length] as number
      if (rows >= 0 && rows <= this.capacity) continue
      throw netwrightError(
        'ERR_ARGUMENT',
        `Plan: rows is ${rows}, this plan has room for ${this.capacity}`,
        'RangeError',
      )
    }
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
