// How much a kernel call has to do, from its declaration: what the rates of profiles and benchmarks are counted in.

import { arrayTypes } from '../tensor/tensor.js'
import type { TensorParameter } from './declaration.js'
import { declarations, type KernelName } from './declarations.js'
import { compileExpression } from './expression.js'

export interface Work {
  /** Arithmetic operations. */
  readonly flops: number
  /** Memory that must be read and written at least: each tensor once, one that is both twice. */
  readonly bytes: number
}

/**
 * The work of one call with these named arguments: numbers, and anything for each tensor. A number that is left out, or
 * is a step value, counts as its default; an optional tensor that is left out counts nothing.
 */
export function workOf(kernel: KernelName, args: object, real: 'float32' | 'float64' = 'float32'): Work {
  const { parameters, flops } = declarations[kernel]
  const given = args as Readonly<Record<string, unknown>>
  const numbers: Record<string, number> = {}
  const tensors: TensorParameter[] = []
  for (const parameter of parameters) {
    const { name } = parameter
    if (parameter.kind !== 'tensor') numbers[name] = typeof given[name] === 'number' ? given[name] : parameter.default
    else if (!parameter.optional || given[name] != null) tensors.push(parameter)
  }
  const value = (text: string): number => compileExpression(text, Object.keys(numbers))(numbers)
  // With beta 0, what a kernel adds to is only written.
  const passes = (role: TensorParameter['role']): number => (role === 'inout' && numbers.beta !== 0 ? 2 : 1)
  const bytes = tensors.map(({ role, element, extent, touched }) => {
    const elements = touched === undefined ? passes(role) * value(extent) : value(touched)
    return elements * arrayTypes[element === 'real' ? real : element].BYTES_PER_ELEMENT
  })
  return { flops: value(flops), bytes: bytes.reduce((sum, more) => sum + more, 0) }
}
