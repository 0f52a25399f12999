// Checks a kernel's arguments against its declaration and makes the messages. It runs no kernel. The native addon
// makes the same checks, in the same order and words, from the same declarations.

import { describe, netwrightError } from '../errors.js'
import { Tensor, type TensorElement } from '../tensor/tensor.js'
import type { Declaration, DeclaredFailure, Parameter, TensorParameter } from './declaration.js'
import { declarations, type KernelName, kernelNames } from './declarations.js'
import { compileExpression, type Expression } from './expression.js'
import { StepValue } from './kernels.js'

/** How a kernel ended badly: `code` 1 is the declaration's first failure. The C++ Status, without its 0. */
export interface Failure {
  readonly code: number
  readonly row: number
  readonly value: number
}

/** What stands at one place of a kernel's positional arguments; null is an optional tensor left out. */
export type Argument = Tensor | number | StepValue | null
type RealElement = Extract<TensorElement, 'float32' | 'float64'>

/** An expression of a declaration, with the places of its names in order of first occurrence. */
interface Formula {
  readonly text: string
  readonly names: readonly string[]
  readonly evaluate: Expression
}
interface CheckedTensor {
  readonly parameter: TensorParameter
  readonly place: number
  readonly extent: Formula
}
/** A pair of tensors of which at least one is written. */
interface Pair {
  readonly output: CheckedTensor
  readonly other: CheckedTensor
  readonly mayStartTogether: boolean
}
interface Checker {
  readonly parameters: readonly Parameter[]
  readonly names: readonly string[]
  readonly rules: readonly Formula[]
  readonly tensors: readonly CheckedTensor[]
  readonly outputs: readonly CheckedTensor[]
  readonly pairs: readonly Pair[]
  /** The numbers of the call being checked, by name: one object for all calls, so that a check allocates none. */
  readonly numbers: Record<string, number>
}

const isOutput = ({ role }: TensorParameter): boolean => role === 'out' || role === 'inout'

function compile({ parameters, rules }: Declaration): Checker {
  const sizes = parameters.filter(({ kind }) => kind === 'size').map(({ name }) => name)
  const formula = (text: string): Formula => ({
    text,
    names: [...new Set(text.match(/[A-Za-z]\w*/g))],
    evaluate: compileExpression(text, sizes),
  })
  const tensors = parameters.flatMap((parameter, place) =>
    parameter.kind === 'tensor' ? [{ parameter, place, extent: formula(parameter.extent) }] : [],
  )
  const pairs = tensors.flatMap((output, i) =>
    tensors
      .filter((other, j) => isOutput(output.parameter) && i !== j && (i < j || !isOutput(other.parameter)))
      .map((other) => ({ output, other, mayStartTogether: output.parameter.inPlaceOf.includes(other.parameter.name) })),
  )
  const numbers: Record<string, number> = {}
  for (const { kind, name } of parameters) if (kind !== 'tensor') numbers[name] = 0
  return {
    parameters,
    names: parameters.map(({ name }) => name),
    rules: rules.map(formula),
    tensors,
    outputs: tensors.filter(({ parameter }) => isOutput(parameter)),
    pairs,
    numbers,
  }
}

const checkers = Object.fromEntries(kernelNames.map((name) => [name, compile(declarations[name])])) as Record<
  KernelName,
  Checker
>

/** The names of a kernel's arguments in positional order: outputs, inputs, sizes, scalars. */
export function parameterNames(kernel: KernelName): readonly string[] {
  return checkers[kernel].names
}

const rangeError = (kernel: KernelName, text: string): Error =>
  netwrightError('ERR_KERNEL', `${kernel}: ${text}`, 'RangeError')
const typeError = (kernel: KernelName, text: string): Error =>
  netwrightError('ERR_KERNEL', `${kernel}: ${text}`, 'TypeError')

/**
 * Named arguments in positional order, with defaults filled in and null for optional tensors left out.
 * Refuses unknown names, missing arguments, and anything but a Tensor, number or StepValue where one belongs.
 */
export function bindArguments(kernel: KernelName, args: object): Argument[] {
  const { parameters, names } = checkers[kernel]
  const given = args as Readonly<Record<string, unknown>>
  for (const name in given) {
    if (!names.includes(name)) throw typeError(kernel, `unknown argument ${name}, expected ${names.join(', ')}`)
  }
  const values: Argument[] = []
  for (const parameter of parameters) {
    const { kind, name } = parameter
    const value = given[name]
    if (value === undefined) {
      if (!parameter.optional) throw typeError(kernel, `argument ${name} is missing`)
      values.push(parameter.kind === 'tensor' ? null : parameter.default)
    } else if (kind === 'tensor') {
      if (!(value instanceof Tensor)) throw typeError(kernel, `${name} is ${describe(value)}, expected a Tensor`)
      values.push(value)
    } else if (typeof value === 'number' || value instanceof StepValue) values.push(value)
    else throw typeError(kernel, `${name} is ${describe(value)}, expected a ${kind === 'size' ? 'whole ' : ''}number`)
  }
  return values
}

/**
 * Refuses step values, which have no number outside a plan: what an eager backend checks first.
 * Returns the same array, narrowed.
 */
export function refuseStepValues(kernel: KernelName, values: readonly Argument[]): readonly (Tensor | number | null)[] {
  for (let place = 0; place < values.length; place++) {
    const value = values[place]
    if (typeof value === 'number' || value === null || !(value instanceof StepValue)) continue
    const name = checkers[kernel].names[place]
    throw netwrightError('ERR_RECORDING', `${kernel}: ${name} is the step value '${value.name}', expected a number`)
  }
  return values as readonly (Tensor | number | null)[]
}

/** The numbers of a kernel's positional arguments by name: what extents, rules and failure texts are about. */
export function namedNumbers(kernel: KernelName, values: readonly unknown[]): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = {}
  checkers[kernel].names.forEach((name, place) => {
    const value = values[place]
    if (typeof value === 'number') numbers[name] = value
  })
  return numbers
}

const article = (element: TensorElement): string => (element === 'int32' ? 'an' : 'a')
const numbersOf = ({ names }: Formula, numbers: Readonly<Record<string, number>>): string =>
  names.map((name) => `${name}=${numbers[name]}`).join(', ')

/**
 * Checks positional arguments: elements and whole numbers in order, then rules, then extents, then overlaps.
 * `real` is the backend's float type.
 */
export function checkArguments(
  kernel: KernelName,
  values: readonly (Tensor | number | null)[],
  real: RealElement,
): void {
  const { parameters, rules, tensors, pairs, numbers } = checkers[kernel]
  for (let place = 0; place < parameters.length; place++) {
    const parameter = parameters[place] as Parameter
    const value = values[place]
    if (typeof value === 'number') {
      if (parameter.kind === 'size' && !(Number.isSafeInteger(value) && value >= 0)) {
        throw rangeError(kernel, `${parameter.name} is ${value}, expected a whole number`)
      }
      numbers[parameter.name] = value
    } else if (parameter.kind === 'tensor' && value instanceof Tensor) {
      const expected = parameter.element === 'real' ? real : parameter.element
      const { element } = value
      if (element !== expected) {
        throw typeError(kernel, `${parameter.name} is ${article(element)} ${element} tensor, expected ${expected}`)
      }
    }
  }
  for (const rule of rules) {
    if (rule.evaluate(numbers) === 0) throw rangeError(kernel, `${rule.text} is false (${numbersOf(rule, numbers)})`)
  }
  for (const { parameter, place, extent } of tensors) {
    const tensor = values[place]
    if (!(tensor instanceof Tensor)) continue
    const needed = extent.evaluate(numbers)
    const { length } = tensor.data
    if (length < needed) {
      const needs = `needs ${extent.text} = ${needed} (${numbersOf(extent, numbers)})`
      throw rangeError(kernel, `${parameter.name} has ${length} elements, ${needs}`)
    }
  }
  for (const { output, other, mayStartTogether } of pairs) {
    const [a, b] = [values[output.place], values[other.place]]
    if (!(a instanceof Tensor && b instanceof Tensor) || a.data.buffer !== b.data.buffer) continue
    const [aStart, bStart] = [a.data.byteOffset, b.data.byteOffset]
    if (mayStartTogether && aStart === bStart) continue
    const aEnd = aStart + output.extent.evaluate(numbers) * a.data.BYTES_PER_ELEMENT
    const bEnd = bStart + other.extent.evaluate(numbers) * b.data.BYTES_PER_ELEMENT
    // An empty tensor overlaps nothing, even inside another.
    if (aStart < bEnd && bStart < aEnd && aStart < aEnd && bStart < bEnd) {
      throw rangeError(kernel, `${output.parameter.name} overlaps ${other.parameter.name}`)
    }
  }
}

/**
 * Whether a kernel has outputs and all of them are empty: nothing to do, and its other numbers may be as large as they
 * come (0 columns of 2^53 - 1 rows).
 */
export function writesNothing(kernel: KernelName, numbers: Readonly<Record<string, number>>): boolean {
  const { outputs } = checkers[kernel]
  return outputs.length > 0 && outputs.every(({ extent }) => extent.evaluate(numbers) === 0)
}

/** The declaration of a failure. */
export function declaredFailure(kernel: KernelName, { code }: Failure): DeclaredFailure | undefined {
  return (declarations[kernel] as Declaration).failures[code - 1]
}

/** The text of a failure: the declaration's template with `{row}`, `{value}` and sizes filled in. */
export function fillFailure(kernel: KernelName, failure: Failure, sizes: Readonly<Record<string, number>>): string {
  const template = declaredFailure(kernel, failure)?.text
  if (template === undefined) return `${kernel}: failure ${failure.code}`
  const numbers: Readonly<Record<string, number>> = { ...sizes, row: failure.row, value: failure.value }
  return `${kernel}: ${template.replace(/\{(\w+)\}/g, (_, name: string) => String(numbers[name]))}`
}

/** A failure as the error to throw. */
export function failureError(
  kernel: KernelName,
  failure: Failure,
  sizes: Readonly<Record<string, number>>,
): RangeError {
  return netwrightError('ERR_KERNEL', fillFailure(kernel, failure, sizes), 'RangeError')
}
