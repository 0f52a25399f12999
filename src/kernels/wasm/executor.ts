// Replays a program with the WebAssembly kernels. Its tensors lie in one memory, that of the program's workspace; what
// is bound from elsewhere, a data set above all, is copied there.

import { netwrightError } from '../../errors.js'
import { elementOf, type TensorData } from '../../tensor/tensor.js'
import { viewOf } from '../../tensor/view.js'
import type { Executor, Progress } from '../backend.js'
import type { Failure } from '../check.js'
import type { Declaration } from '../declaration.js'
import { declarations, type KernelName } from '../declarations.js'
import { type Program, workspaceSlot } from '../program.js'
import { type CallRunner, SequentialExecutor } from '../sequential-executor.js'
import { argumentBytes, isWritten, type WasmCall, writeArguments } from './arguments.js'
import { KernelInstance } from './kernel-instance.js'

/** Runs prepared calls: one call of the module each. */
class WasmRunner implements CallRunner {
  readonly #instance: KernelInstance
  readonly #starts: readonly number[]
  readonly #calls: WasmCall[] = []

  constructor(instance: KernelInstance, starts: readonly number[]) {
    this.#instance = instance
    this.#starts = starts
  }

  prepare(call: number, kernel: KernelName, values: readonly (TensorData | number | null)[]): void {
    this.#calls[call] = writeArguments(this.#instance, this.#starts[call] as number, kernel, values)
  }

  run(call: number): Failure | undefined {
    return runCall(this.#instance, this.#calls[call] as WasmCall)
  }
}

/** Runs a call, whole or in part. */
export function runCall(
  { exports }: KernelInstance,
  { kernel, args, units }: WasmCall,
  [begin, end]: readonly [begin: number, end: number] = [0, units],
): Failure | undefined {
  if (begin === end) return undefined
  const code = exports.run(kernel, args, begin, end)
  return code === 0 ? undefined : { code, row: exports.failureRow(), value: exports.failureValue() }
}

/** A bound array that lies elsewhere and may change between two runs, or in one, and what stands for it in the memory. */
interface Copy {
  readonly original: TensorData
  readonly inMemory: TensorData
}

interface Block {
  readonly start: number
  readonly bytes: number
}

function freeAll(instance: KernelInstance, blocks: Map<string, Block>): void {
  for (const { start, bytes } of blocks.values()) instance.free(start, bytes)
  blocks.clear()
}

const blocksOf = new FinalizationRegistry((release: () => void) => release())

/** Names of the memory that some call writes. */
function writtenSlots({ calls }: Program): ReadonlySet<number | string> {
  return new Set(
    calls.flatMap((call) => {
      if (call.kind === 'host') return call.outputs.map(({ memory }) => memory)
      const { parameters } = declarations[call.kernel] as Declaration
      return call.args.flatMap((argument, i) =>
        argument.kind === 'tensor' && isWritten(parameters[i]) ? [argument.tensor.memory] : [],
      )
    }),
  )
}

export class WasmExecutor implements Executor {
  readonly #program: Program
  readonly #workspace: number
  readonly #written: ReadonlySet<number | string>
  #instance: KernelInstance | undefined
  #inner: SequentialExecutor | undefined
  #copies: readonly Copy[] = []
  /** Blocks of the memory that go back with this executor, by what they are for. */
  readonly #blocks: Map<string, Block>
  #profiling = false

  constructor(program: Program) {
    this.#program = program
    this.#workspace = program.slots.indexOf(workspaceSlot)
    this.#written = writtenSlots(program)
    this.#blocks = new Map()
  }

  bind(slots: readonly TensorData[]): void {
    const instance = KernelInstance.of((slots[this.#workspace] as TensorData).buffer) as KernelInstance
    this.#enter(instance)
    const copies: Copy[] = []
    const inside = slots.map((original, i) => {
      const home = KernelInstance.of(original.buffer)
      if (home === instance) return original
      const name = this.#program.slots[i] as string
      const inMemory = this.#place(name, original)
      // Data that no kernel writes is read when it is bound, an arena of another memory before each run.
      if (home !== undefined || this.#written.has(name)) copies.push({ original, inMemory })
      else inMemory.set(original)
      return inMemory
    })
    this.#copies = copies
    this.#inner?.bind(inside)
  }

  async run(steps: Float64Array, count: number, step: number, call: number, budget: number): Promise<Progress> {
    this.#copyIn()
    try {
      return await this.#bound().run(steps, count, step, call, budget)
    } finally {
      this.#copyOut()
    }
  }

  runSync(steps: Float64Array, count: number, step: number, call: number, budget: number): Progress {
    this.#copyIn()
    try {
      return this.#bound().runSync(steps, count, step, call, budget)
    } finally {
      this.#copyOut()
    }
  }

  runStep(rows: number, call: number, inputs: readonly TensorData[]): Progress {
    const inside = inputs.map((input, i) => {
      const inMemory = this.#place(`input ${i}`, input)
      inMemory.set(input)
      return inMemory
    })
    this.#copyIn()
    try {
      return this.#bound().runStep(rows, call, inside)
    } finally {
      this.#copyOut()
    }
  }

  stop(): void {
    this.#inner?.stop()
  }

  profile(on: boolean): void {
    this.#profiling = on
    this.#inner?.profile(on)
  }

  measurements(): Float64Array {
    return this.#inner?.measurements() ?? new Float64Array(3 * this.#program.calls.length)
  }

  release(): void {
    if (this.#instance !== undefined) freeAll(this.#instance, this.#blocks)
  }

  #bound(): SequentialExecutor {
    return this.#inner as SequentialExecutor
  }

  /** Makes room for the calls' arguments. */
  #enter(instance: KernelInstance): void {
    if (this.#instance !== undefined) return
    this.#instance = instance
    const blocks = this.#blocks
    // Of plans that nobody released: those of dropped models.
    blocksOf.register(this, () => freeAll(instance, blocks))
    const bytes = this.#program.calls.map((call) => (call.kind === 'kernel' ? argumentBytes(call.kernel) : 0))
    let next = this.#block(
      'arguments',
      bytes.reduce((sum, size) => sum + size, 0),
    )
    const starts = bytes.map((size) => {
      next += size
      return next - size
    })
    this.#inner = new SequentialExecutor(this.#program, 'float32', new WasmRunner(instance, starts))
    this.#inner.profile(this.#profiling)
  }

  #place(name: string, original: TensorData): TensorData {
    const start = this.#block(name, original.byteLength)
    return viewOf(elementOf(original), (this.#instance as KernelInstance).buffer, start, original.length)
  }

  /** The block for `name`, of at least so many bytes. */
  #block(name: string, bytes: number): number {
    const instance = this.#instance as KernelInstance
    const known = this.#blocks.get(name)
    if (known !== undefined && known.bytes >= bytes) return known.start
    if (known !== undefined) instance.free(known.start, known.bytes)
    this.#blocks.delete(name)
    const start = instance.allocate(bytes)
    if (start === undefined) {
      throw netwrightError(
        'ERR_MEMORY',
        `${Math.ceil(bytes / 2 ** 10)} KiB for '${name}' do not fit into the model's WebAssembly memory. ` +
          'Smaller batches, or fewer samples at a time (a DataStream), need less.',
        'RangeError',
      )
    }
    this.#blocks.set(name, { start, bytes })
    return start
  }

  #copyIn(): void {
    for (const { original, inMemory } of this.#copies) inMemory.set(original)
  }

  #copyOut(): void {
    for (const { original, inMemory } of this.#copies) original.set(inMemory)
  }
}
