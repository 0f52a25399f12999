// A program: the calls of one step, recorded, with sizes that follow the number of rows. Not yet placed in memory.

import { netwrightError } from '../errors.js'
import type { Shape } from '../tensor/shape.js'
import type { TensorElement } from '../tensor/tensor.js'
import type { KernelName } from './declarations.js'
import type { HostFunction } from './kernels.js'

/** A number that may follow the rows of a step: constant + perRow · rows. */
export interface Linear {
  readonly constant: number
  readonly perRow: number
}
export const at = ({ constant, perRow }: Linear, rows: number): number => constant + perRow * rows

/** A tensor of a program: `length` elements of a memory (a number) or a slot (a name), from element `offset` on. */
export interface ProgramTensor {
  readonly memory: number | string
  readonly element: TensorElement
  readonly offset: Linear
  readonly shape: readonly Linear[]
  /** -1: whatever the slot holds. */
  readonly length: Linear
}

export type ProgramArgument =
  | { readonly kind: 'absent' }
  | { readonly kind: 'tensor'; readonly tensor: ProgramTensor }
  | { readonly kind: 'number'; readonly value: Linear }
  | { readonly kind: 'step'; readonly column: number }

/** `update`: the part of the commit phase that only steps run whose column {@link updateColumn} is not 0. */
export type Phase = 'compute' | 'commit' | 'update'

/** Says which steps run the calls of phase `update`; a column of the step table where a program has such calls. */
export const updateColumn = 'update'
export type ProgramCall =
  | {
      readonly kind: 'kernel'
      readonly kernel: KernelName
      readonly phase: Phase
      readonly args: readonly ProgramArgument[]
      /** Which part of the model made the call, for error messages and profiles. */
      readonly owner: string
      /** Runs in one chain with the call before (chains.ts). */
      readonly chained: boolean
    }
  | {
      readonly kind: 'host'
      readonly fn: HostFunction
      readonly outputs: readonly ProgramTensor[]
      readonly inputs: readonly ProgramTensor[]
      readonly owner: string
    }

export interface ProgramMemory {
  readonly element: TensorElement
  readonly length: Linear
  /** Its own for the whole step, to be read after it by the caller. */
  readonly kept: boolean
}

export interface Program {
  readonly calls: readonly ProgramCall[]
  /** The program's own tensors, by number. */
  readonly memories: readonly ProgramMemory[]
  /** Names of the memory that is bound before a run; in a placed program those of the inputs follow. */
  readonly slots: readonly string[]
  /** Element types of what each run brings along. */
  readonly inputs: readonly TensorElement[]
  /** Columns of the step table; the first is `rows`. */
  readonly columns: readonly string[]
}

/** The slot of a placed program's own tensors. */
export const workspaceSlot = 'workspace'

/** The name of the slot of input `i`. */
export const inputName = (i: number): string => `input${i}`

/** Every tensor that a call touches. */
export function tensorsOf(call: ProgramCall): ProgramTensor[] {
  if (call.kind === 'host') return [...call.outputs, ...call.inputs]
  return call.args.flatMap((argument) => (argument.kind === 'tensor' ? [argument.tensor] : []))
}

/** One probe's view of a tensor. */
export interface RecordedTensor {
  readonly memory: number | string
  readonly element: TensorElement
  readonly offset: number
  readonly shape: Shape
  readonly length: number
}

/** Finds constant + perRow · rows from its values at two numbers of rows, or undefined where none fits. */
function fitLinear(values: readonly [number, number], rows: readonly [number, number]): Linear | undefined {
  const [a, b] = values
  if (Object.is(a, b)) return { constant: a, perRow: 0 }
  const perRow = a / rows[0]
  return Number.isInteger(perRow) && perRow * rows[1] === b ? { constant: 0, perRow } : undefined
}

/** As fitLinear, for the argument `what`; throws ERR_RECORDING where a number does not grow with the rows. */
export function requireLinear(
  what: string,
  values: readonly [number, number],
  rows: readonly [number, number],
): Linear {
  const linear = fitLinear(values, rows)
  if (linear !== undefined) return linear
  throw netwrightError(
    'ERR_RECORDING',
    `${what} is ${values[0]} for a batch of ${rows[0]} and ${values[1]} for a batch of ${rows[1]}. ` +
      'In a recorded step a number must be constant, a whole multiple of the batch size, or a StepValue.',
  )
}
