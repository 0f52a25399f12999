// Records the kernel calls of one step into a Program. Computes nothing.
//
// Layers compute sizes with plain numbers, so a single recording could not tell a batch of 100 from 100 features.
// The step is therefore recorded at several batch sizes: every number that grows with the rows is found by comparing
// two, and the others must agree.

import { netwrightError } from '../errors.js'
import { type Shape, sizeOf } from '../tensor/shape.js'
import { elementOf, Tensor, type TensorData, type TensorElement } from '../tensor/tensor.js'
import { formChains } from './chains.js'
import { type Argument, bindArguments } from './check.js'
import { declarations, type KernelName, kernelNames } from './declarations.js'
import { type HostFunction, type Kernels, StepValue } from './kernels.js'
import {
  inputName,
  type Linear,
  type Phase,
  type Program,
  type ProgramArgument,
  type ProgramCall,
  type ProgramMemory,
  type ProgramTensor,
  type RecordedTensor,
  requireLinear,
  tensorsOf,
  updateColumn,
} from './program.js'

/** Two primes: no size of a network is a multiple of one of them by accident and not of the other. */
const probes = [7, 11] as const
/** And two more that must fit what those say: a single row, and more rows than a layer might treat alike. */
const checks = [1, 1009] as const
const constantsSlot = 'constants'
/** Length of a tensor that is all of its slot; native/plan.h has the same. */
const wholeSlot = -1
const lineBytes = 64

type RecordedArgument = RecordedTensor | number | StepValue | null
interface RecordedCall {
  readonly kernel: KernelName | 'host'
  readonly phase: Phase
  readonly owner: string
  /** A host call's outputs, then its inputs. */
  readonly args: readonly RecordedArgument[]
  readonly host?: { readonly fn: HostFunction; readonly outputs: number }
}
interface RecordedMemory {
  readonly element: TensorElement
  readonly length: number
  kept: boolean
}

/** What a step is written with while it is recorded at one batch size. */
export class Recorder {
  readonly kernels: Kernels
  /** The batch size of this recording. */
  readonly rows: number
  /** Calls from here on belong to this phase; `commit` and `update` come last. */
  phase: Phase = 'compute'
  /** Named in errors and profiles as the origin of the calls from here on. */
  owner = ''
  readonly calls: RecordedCall[] = []
  readonly memories: RecordedMemory[] = []
  readonly inputs: TensorElement[] = []
  readonly constants: { readonly data: TensorData; readonly byteOffset: number }[] = []
  readonly #regions: readonly Region[]
  #constantBytes = 0

  constructor(real: 'float32' | 'float64', rows: number, regions: readonly Region[]) {
    this.rows = rows
    this.#regions = regions
    const calls = Object.fromEntries(
      kernelNames.map((kernel) => [kernel, (args: object) => this.#record(kernel, real, args)]),
    ) as { [K in KernelName]: (args: object) => void }
    this.kernels = {
      ...calls,
      real,
      empty: (shape, element = 'real') => {
        const actual = element === 'real' ? real : element
        this.memories.push({ element: actual, length: sizeOf(shape), kept: false })
        return new Tensor({ memory: this.memories.length - 1, offset: 0, element: actual }, shape)
      },
      host: (fn, outputs, inputs) => {
        const { phase, owner } = this
        const args = [
          ...outputs.map((tensor, i) => this.#locateOutput(`host: output ${i}`, tensor)),
          ...inputs.map((tensor) => this.#locate(tensor)),
        ]
        if (phase !== 'compute') throw netwrightError('ERR_RECORDING', `${owner}: a host call in the commit phase`)
        this.calls.push({ kernel: 'host', phase, owner, args, host: { fn, outputs: outputs.length } })
      },
    }
  }

  /** All the memory that a run binds to slot `name`, however much that is; until then its shape is (0,). */
  slot(name: string, element: TensorElement): Tensor {
    return new Tensor({ memory: name, offset: 0, element }, [0])
  }

  /** A tensor that each run brings along (Plan.runStep) and the step only reads. */
  input(shape: Shape, element: TensorElement): Tensor {
    const memory = inputName(this.inputs.length)
    this.inputs.push(element)
    return new Tensor({ memory, offset: 0, element }, shape)
  }

  /** Gives `tensor` memory of its own for the whole step, for Plan.read. Returns its number. */
  keep(tensor: Tensor): number {
    const { memory, offset } = tensor.placeholder ?? {}
    const kept = typeof memory === 'number' ? this.memories[memory] : undefined
    if (kept === undefined || kept.length !== tensor.size || offset !== 0) {
      throw netwrightError('ERR_RECORDING', 'keep: not a whole tensor of this recording')
    }
    kept.kept = true
    return memory as number
  }

  #record(kernel: KernelName, real: 'float32' | 'float64', named: object): void {
    const { parameters } = declarations[kernel]
    const args = bindArguments(kernel, named).map((value: Argument, i): RecordedArgument => {
      if (!(value instanceof Tensor)) return value
      const parameter = parameters[i]
      const expected = parameter?.kind === 'tensor' && parameter.element !== 'real' ? parameter.element : real
      const written = parameter?.kind === 'tensor' && (parameter.role === 'out' || parameter.role === 'inout')
      if (value.element === expected) {
        return written ? this.#locateOutput(`${kernel}: ${parameter.name}`, value) : this.#locate(value)
      }
      throw netwrightError(
        'ERR_KERNEL',
        `${kernel}: ${parameter?.name} is a ${value.element} tensor, expected ${expected} (recorded by ${this.owner})`,
        'TypeError',
      )
    })
    this.calls.push({ kernel, phase: this.phase, owner: this.owner, args })
  }

  /** A plan reads a copy of each constant: what a step wrote to it would never reach the original. Inputs are others'. */
  #locateOutput(what: string, tensor: Tensor): RecordedTensor {
    const located = this.#locate(tensor)
    const { memory } = located
    const constant = memory === constantsSlot
    if (!constant && !this.#isInput(memory)) return located
    throw netwrightError(
      'ERR_RECORDING',
      `${what} is ${constant ? 'an ordinary tensor' : "the model's input"}, which a recorded step can only read ` +
        `(recorded by ${this.owner}). Make outputs with kernels.empty.`,
    )
  }

  #isInput(memory: number | string): boolean {
    return this.inputs.some((_, i) => memory === inputName(i))
  }

  /** Where a tensor is: recorded memory, a slot, a region of real memory that a slot stands for, or a constant. */
  #locate(tensor: Tensor): RecordedTensor {
    const { placeholder, element, shape, size: length } = tensor
    if (placeholder !== undefined) {
      const { memory, offset } = placeholder
      const whole = typeof memory === 'string' && !this.#isInput(memory)
      return { memory, element, offset, shape, length: whole ? wholeSlot : length }
    }
    const { data } = tensor
    for (const { slot, view } of this.#regions) {
      const start = data.byteOffset - view.byteOffset
      if (data.buffer === view.buffer && start >= 0 && start + data.byteLength <= view.byteLength) {
        return { memory: slot, element, offset: start / data.BYTES_PER_ELEMENT, shape, length }
      }
    }
    const known = this.constants.find(
      (constant) =>
        constant.data.buffer === data.buffer &&
        constant.data.byteOffset === data.byteOffset &&
        constant.data.length === data.length,
    )
    const byteOffset = known?.byteOffset ?? this.#constantBytes
    if (known === undefined) {
      this.constants.push({ data, byteOffset })
      this.#constantBytes += Math.ceil(data.byteLength / lineBytes) * lineBytes
    }
    return { memory: constantsSlot, element, offset: byteOffset / data.BYTES_PER_ELEMENT, shape, length }
  }
}

/** Real memory that a slot stands for: tensors inside it are recorded as parts of the slot. */
export interface Region {
  readonly slot: string
  readonly view: TensorData
}

/** A program, and the contents of its slot `constants`: copies of the real tensors that the step reads. */
export interface Recording {
  readonly program: Program
  readonly constants: Uint8Array
}

/**
 * Records the step that `build` writes. `build` runs once for each of several batch sizes and must make the same
 * calls.
 * `stepValues` are the names of the step table's columns after `rows`.
 */
export function record(
  real: 'float32' | 'float64',
  stepValues: readonly string[],
  regions: readonly Region[],
  build: (recorder: Recorder) => void,
): Recording {
  const [first, second, ...others] = [...probes, ...checks].map((rows) => {
    const recorder = new Recorder(real, rows, regions)
    build(recorder)
    return recorder
  }) as [Recorder, Recorder, ...Recorder[]]
  const columns = ['rows', ...stepValues]
  const merged = merge(first, second, columns)
  for (const other of others) {
    if (JSON.stringify(merge(first, other, columns)) === JSON.stringify(merged)) continue
    throw netwrightError(
      'ERR_RECORDING',
      `A batch of ${other.rows} is not computed as batches of ${first.rows} and ${second.rows} are: ` +
        'in a recorded step every number must be constant, or a whole multiple of the batch size.',
    )
  }
  if (!columns.includes(updateColumn) && first.calls.some(({ phase }) => phase === 'update')) {
    throw netwrightError('ERR_RECORDING', `Calls of phase update need the step value '${updateColumn}'`)
  }
  const { inputs } = first
  const slots = new Set<string>()
  const inputNames = inputs.map((_, i) => inputName(i))
  for (const call of merged.calls) {
    for (const { memory } of tensorsOf(call)) {
      if (typeof memory === 'string' && !inputNames.includes(memory)) slots.add(memory)
    }
  }
  const program = { ...merged, calls: formChains(merged.calls), slots: [...slots], inputs, columns }
  return { program, constants: packConstants(first, second) }
}

type BatchSizes = readonly [number, number]

/** What two recordings have in common, with numbers that follow the rows. */
function merge(a: Recorder, b: Recorder, columns: readonly string[]): Pick<Program, 'calls' | 'memories'> {
  const rows: BatchSizes = [a.rows, b.rows]
  sameCount('kernel calls', a.calls.length, b.calls.length, rows)
  sameCount('tensors', a.memories.length, b.memories.length, rows)
  sameCount('constants', a.constants.length, b.constants.length, rows)
  return {
    calls: a.calls.map((call, i) => mergeCall(call, b.calls[i] as RecordedCall, columns, rows)),
    memories: a.memories.map(({ element, length, kept }, i): ProgramMemory => {
      const other = b.memories[i] as RecordedMemory
      return { element, length: requireLinear(`The length of tensor ${i}`, [length, other.length], rows), kept }
    }),
  }
}

function sameCount(what: string, a: number, b: number, rows: BatchSizes): void {
  if (a === b) return
  throw netwrightError(
    'ERR_RECORDING',
    `A batch of ${rows[0]} makes ${a} ${what} and a batch of ${rows[1]} makes ${b}: ` +
      'a recorded step must make the same calls for every batch size.',
  )
}

function mergeCall(a: RecordedCall, b: RecordedCall, columns: readonly string[], rows: BatchSizes): ProgramCall {
  if (a.kernel !== b.kernel || a.phase !== b.phase) {
    throw netwrightError(
      'ERR_RECORDING',
      `${a.owner} calls ${a.kernel} for a batch of ${rows[0]} and ${b.kernel} for a batch of ${rows[1]}: ` +
        'a recorded step must make the same calls for every batch size.',
    )
  }
  const { kernel, phase, owner } = a
  const names = kernel === 'host' ? [] : declarations[kernel].parameters.map(({ name }) => name)
  const args = a.args.map((value, i): ProgramArgument => {
    const what = `${owner}: argument ${names[i] ?? i} of ${kernel}`
    const other = b.args[i] as RecordedArgument
    if (value === null && other === null) return { kind: 'absent' }
    if (value instanceof StepValue && other instanceof StepValue && value.name === other.name) {
      const column = columns.indexOf(value.name)
      if (column > 0) return { kind: 'step', column }
      throw netwrightError('ERR_RECORDING', `${what} is the unknown step value '${value.name}'`)
    }
    if (typeof value === 'number' && typeof other === 'number') {
      return { kind: 'number', value: requireLinear(what, [value, other], rows) }
    }
    if (isRecordedTensor(value) && isRecordedTensor(other) && value.memory === other.memory) {
      return { kind: 'tensor', tensor: mergeTensor(what, value, other, rows) }
    }
    throw netwrightError('ERR_RECORDING', `${what} is not the same thing for every batch size`)
  })
  if (a.host === undefined || kernel !== 'host') {
    return { kind: 'kernel', kernel: kernel as KernelName, phase, args, owner, chained: false }
  }
  const tensors = args.flatMap((argument) => (argument.kind === 'tensor' ? [argument.tensor] : []))
  const { fn, outputs } = a.host
  return { kind: 'host', fn, outputs: tensors.slice(0, outputs), inputs: tensors.slice(outputs), owner }
}

function isRecordedTensor(value: RecordedArgument): value is RecordedTensor {
  return typeof value === 'object' && value !== null && !(value instanceof StepValue)
}

function mergeTensor(what: string, a: RecordedTensor, b: RecordedTensor, rows: BatchSizes): ProgramTensor {
  const linear = (part: string, x: number, y: number): Linear => requireLinear(`The ${part} of ${what}`, [x, y], rows)
  return {
    memory: a.memory,
    element: a.element,
    offset: linear('offset', a.offset, b.offset),
    shape: a.shape.map((dimension, axis) => linear(`axis ${axis}`, dimension, b.shape[axis] ?? -1)),
    length: linear('length', a.length, b.length),
  }
}

/** The constants of both recordings, which must agree, in one block. */
function packConstants(first: Recorder, second: Recorder): Uint8Array {
  const last = first.constants.at(-1)
  const packed = new Uint8Array(last === undefined ? 0 : last.byteOffset + last.data.byteLength)
  first.constants.forEach(({ data, byteOffset }, i) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const other = second.constants[i]?.data as TensorData
    const otherBytes = new Uint8Array(other.buffer, other.byteOffset, other.byteLength)
    if (bytes.length !== otherBytes.length || bytes.some((byte, j) => byte !== otherBytes[j])) {
      throw netwrightError(
        'ERR_RECORDING',
        `A constant ${elementOf(data)} tensor of ${data.length} elements differs with the batch size. ` +
          'Make it with kernels (fill, …) so that it follows the batch.',
      )
    }
    packed.set(bytes, byteOffset)
  })
  return packed
}
