// A kernel's arguments as the module reads them: one 8-byte word each, in the order of the declaration.

import type { TensorData } from '../../tensor/tensor.js'
import { namedNumbers, writesNothing } from '../check.js'
import type { Declaration, Parameter } from '../declaration.js'
import { declarations, type KernelName, kernelNames } from '../declarations.js'
import { compileExpression, type Expression } from '../expression.js'
import type { KernelInstance } from './kernel-instance.js'

export const wordBytes = 8

interface Layout {
  readonly number: number
  readonly isSize: readonly boolean[]
  /** Units of work by the sizes; undefined where the kernel counts its own. */
  readonly units: Expression | undefined
  readonly block: number
}

const layouts = new Map<KernelName, Layout>(
  kernelNames.map((kernel, number) => {
    const { parameters, split } = declarations[kernel] as Declaration
    const names = parameters.filter(({ kind }) => kind !== 'tensor').map(({ name }) => name)
    const units = split.units === 'kernel' ? undefined : compileExpression(split.units, names)
    return [kernel, { number, isSize: parameters.map(({ kind }) => kind === 'size'), units, block: split.block }]
  }),
)

/** Bytes that the arguments of `kernel` take. */
export const argumentBytes = (kernel: KernelName): number =>
  wordBytes * (declarations[kernel] as Declaration).parameters.length

export const isWritten = (parameter: Parameter | undefined): boolean =>
  parameter?.kind === 'tensor' && (parameter.role === 'out' || parameter.role === 'inout')

/** A call that is ready to run. */
export interface WasmCall {
  readonly kernel: number
  readonly args: number
  readonly units: number
}

/** Writes checked arguments to `start`; tensors lie in the instance's memory. */
export function writeArguments(
  { buffer, exports }: KernelInstance,
  start: number,
  kernel: KernelName,
  values: readonly (TensorData | number | null)[],
): WasmCall {
  const { number, isSize, units, block } = layouts.get(kernel) as Layout
  const words = new DataView(buffer, start, values.length * wordBytes)
  values.forEach((value, i) => {
    const at = i * wordBytes
    if (typeof value !== 'number') writeWhole(words, at, value === null ? 0 : value.byteOffset)
    else if (isSize[i]) writeWhole(words, at, value)
    else words.setFloat64(at, value, true)
  })
  const numbers = namedNumbers(kernel, values)
  if (writesNothing(kernel, numbers)) return { kernel: number, args: start, units: 0 }
  const count = units === undefined ? exports.units(number, start) : Math.ceil(units(numbers) / block)
  return { kernel: number, args: start, units: count }
}

function writeWhole(words: DataView, at: number, value: number): void {
  words.setUint32(at, value % 2 ** 32, true)
  words.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}
