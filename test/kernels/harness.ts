// Runs one case of a kernel's spec on a backend and compares it with the float64 reference. Answers in text: '' is
// well, anything else says what is wrong, so that a test needs one expect per case.

import type { Declaration, TensorParameter } from '../../src/kernels/declaration.js'
import { declarations, type KernelName } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import type { KernelArguments } from '../../src/kernels/kernels.js'
import { type LoopArguments, loopArguments, runLoop } from '../../src/kernels/reference/index.js'
import { arrayTypes, type Tensor, type TensorData } from '../../src/tensor/tensor.js'
import type { Splitter, TestBackend } from '../backends.js'
import { changedByte, firstDifferentBits, type Placed, place } from './memory.js'
import type { Numbers } from './spec.js'
import { specOf } from './specs.js'
import { type Random, randomOf, uniform, whole } from './values.js'

/** An output that stands in an input's memory. */
export interface InPlace {
  readonly output: string
  readonly input: string
}
/** A case with its inputs and the float64 answer, for every backend. */
export interface Prepared<K extends KernelName> {
  readonly kernel: K
  readonly numbers: Numbers
  /** Values of each tensor; undefined where the kernel does not read what stands there. */
  readonly values: ReadonlyMap<string, Float64Array | undefined>
  readonly lengths: ReadonlyMap<string, number>
  readonly before: LoopArguments<K>
  readonly after: LoopArguments<K>
}

const parametersOf = (kernel: KernelName): Declaration['parameters'] => declarations[kernel].parameters
export const tensorsOf = (kernel: KernelName): readonly TensorParameter[] =>
  parametersOf(kernel).filter((parameter) => parameter.kind === 'tensor')
const isOutput = ({ role }: TensorParameter): boolean => role === 'out' || role === 'inout'

/** All in-place uses that a kernel allows. */
export const inPlaceUses = (kernel: KernelName): readonly InPlace[] =>
  tensorsOf(kernel).flatMap(({ name, inPlaceOf }) => inPlaceOf.map((input) => ({ output: name, input })))

function anyValue(element: TensorParameter['element'], random: Random): () => number {
  if (element === 'real') return uniform(random, -1, 1)
  if (element === 'uint8') return whole(random, 256)
  const integer = whole(random, 2 ** 20)
  return () => integer() - 2 ** 19
}

/** Makes the inputs of a case from `seed` and computes its answer. Optional tensors are given for odd seeds. */
export function prepare<K extends KernelName>(kernel: K, given: Numbers, seed: number): Prepared<K> {
  const spec = specOf(kernel)
  const parameters = parametersOf(kernel)
  const random = randomOf(seed)
  const numbers: Record<string, number> = {}
  for (const parameter of parameters) {
    if (parameter.kind !== 'tensor') numbers[parameter.name] = given[parameter.name] ?? parameter.default
  }
  const unread = spec.unread?.(numbers) ?? []
  const values = new Map<string, Float64Array | undefined>()
  const lengths = new Map<string, number>()
  for (const { name, role, element, extent, optional } of tensorsOf(kernel)) {
    if (optional && seed % 2 === 0) continue
    const length = compileExpression(extent, Object.keys(numbers))(numbers)
    lengths.set(name, length)
    const next = spec.inputs?.[name]?.(random, numbers) ?? anyValue(element, random)
    const read = role !== 'out' && !unread.includes(name)
    values.set(name, read ? Float64Array.from({ length }, (_, i) => next(i)) : undefined)
  }
  const positional = (): (TensorData | number | null)[] =>
    parameters.map((parameter) => {
      if (parameter.kind !== 'tensor') return numbers[parameter.name] as number
      const length = lengths.get(parameter.name)
      if (length === undefined) return null
      const Type = arrayTypes[parameter.element === 'real' ? 'float64' : parameter.element]
      return Type.from(values.get(parameter.name) ?? new Float64Array(length).fill(Number.NaN))
    })
  const before = loopArguments(kernel, positional())
  const after = loopArguments(kernel, positional())
  const failure = runLoop(kernel, after)
  if (failure !== undefined) throw new Error(`the spec of ${kernel} makes inputs that fail: ${JSON.stringify(failure)}`)
  // What is not read, and what an output held, is NaN: none may be left or get into the answer.
  for (const parameter of tensorsOf(kernel)) {
    const output = (after as unknown as Readonly<Record<string, TensorData | null>>)[parameter.name]
    const at = isOutput(parameter) && output ? output.findIndex((value) => Number.isNaN(value)) : -1
    if (at >= 0)
      throw new Error(`${kernel} ${JSON.stringify(numbers)}: the reference makes ${parameter.name}[${at}] NaN`)
  }
  return { kernel, numbers, values, lengths, before, after }
}

/**
 * The float32 arguments of a call with seeded inputs, in tensors that `empty` makes: what the benchmark runs. Touches no
 * Float64Array, which would slow the reference loops down for the rest of the process.
 */
export function tensorArguments<K extends KernelName>(
  kernel: K,
  numbers: Numbers,
  empty: (length: number, element: TensorParameter['element']) => Tensor,
): KernelArguments<K> {
  const random = randomOf(1)
  const args: Record<string, Tensor | number> = { ...numbers }
  for (const parameter of parametersOf(kernel)) {
    if (parameter.kind !== 'tensor') args[parameter.name] ??= parameter.default
  }
  for (const { name, element, extent, optional } of tensorsOf(kernel)) {
    if (optional) continue
    const tensor = empty(compileExpression(extent, Object.keys(args))(args as Numbers), element)
    const next = specOf(kernel).inputs?.[name]?.(random, numbers) ?? anyValue(element, random)
    for (let i = 0; i < tensor.size; i++) tensor.data[i] = next(i)
    args[name] = tensor
  }
  return args as unknown as KernelArguments<K>
}

interface Case {
  readonly kernel: KernelName
  readonly numbers: Numbers
}
const problemIn = ({ kernel, numbers }: Case, how: string, problem: string): string =>
  problem === '' ? '' : `${kernel} ${JSON.stringify(numbers).replaceAll('"', '')}${how}: ${problem}`

/** The kernels alone, whose type stays tied to the name where that of `Kernels` does not. */
type KernelCalls = { readonly [K in KernelName]: (args: KernelArguments<K>) => void }
function call<K extends KernelName>(kernels: KernelCalls, kernel: K, args: KernelArguments<K>): void {
  kernels[kernel](args)
}

interface PlacedCase<K extends KernelName> {
  readonly args: KernelArguments<K>
  readonly placed: ReadonlyMap<string, Placed>
}
/** Puts the tensors of a case into guarded memory, tensor i `offsets[i]` elements off an aligned address. */
function placeCase<K extends KernelName>(
  { kernel, numbers, values, lengths }: Prepared<K>,
  offsets: readonly number[],
  inPlace: InPlace | undefined,
): PlacedCase<K> {
  const placed = new Map<string, Placed>()
  const args: Record<string, Tensor | number> = { ...numbers }
  tensorsOf(kernel).forEach(({ name, element }, i) => {
    const length = lengths.get(name)
    if (length === undefined) return
    const given = values.get(name)
    const value = given && ((at: number) => given[at] as number)
    placed.set(name, place(element === 'real' ? 'float32' : element, length, offsets[i % offsets.length] ?? 0, value))
  })
  if (inPlace !== undefined) placed.set(inPlace.output, placed.get(inPlace.input) as Placed)
  for (const [name, { tensor }] of placed) args[name] = tensor
  // Every required name has been put there, and nothing checks it but the backend.
  return { args: args as unknown as KernelArguments<K>, placed }
}

/** What a call wrote where it may not, as text. */
function straysOf(kernel: KernelName, placed: ReadonlyMap<string, Placed>): string {
  const writable = new Set(
    tensorsOf(kernel).flatMap((parameter) => (isOutput(parameter) ? [placed.get(parameter.name)] : [])),
  )
  for (const [name, memory] of placed) {
    const stray = changedByte(memory, writable.has(memory))
    if (stray !== undefined) return `${name}: ${stray}`
  }
  return ''
}

/** The first output element farther from the float64 answer than its bound allows, as text. */
function compare<K extends KernelName>(prepared: Prepared<K>, placed: ReadonlyMap<string, Placed>): string {
  const { kernel, before, after } = prepared
  const bounds = specOf(kernel).bounds?.(before, after) ?? {}
  for (const parameter of tensorsOf(kernel)) {
    const { name } = parameter
    const actual = placed.get(name)?.tensor.data
    if (!isOutput(parameter) || actual === undefined) continue
    const expected = (after as unknown as Readonly<Record<string, TensorData>>)[name] as TensorData
    const bound = bounds[name]
    for (let i = 0; i < expected.length; i++) {
      if (Object.is(actual[i], expected[i]) || actual[i] === Math.fround(expected[i])) continue
      const allowed = bound?.(i) ?? 0
      if (Math.abs(actual[i] - expected[i]) <= allowed) continue
      return `${name}[${i}] is ${actual[i]}, expected ${expected[i]} ± ${allowed}`
    }
  }
  return ''
}

function outputsDiffer(kernel: KernelName, a: ReadonlyMap<string, Placed>, b: ReadonlyMap<string, Placed>): string {
  for (const parameter of tensorsOf(kernel)) {
    const [first, second] = [a.get(parameter.name)?.tensor.data, b.get(parameter.name)?.tensor.data]
    if (!isOutput(parameter) || first === undefined || second === undefined) continue
    const i = firstDifferentBits(first, second)
    if (i >= 0) return `${parameter.name}[${i}] is ${second[i]}, and ${first[i]} otherwise`
  }
  return ''
}

/**
 * Runs a case aligned and misaligned: right within its bounds, the same bits both times, nothing written but outputs.
 */
export function runCase<K extends KernelName>(
  { kernels }: TestBackend,
  prepared: Prepared<K>,
  offsets: readonly number[],
  inPlace?: InPlace,
): string {
  const { kernel } = prepared
  const aligned = placeCase(prepared, [0], inPlace)
  const misaligned = placeCase(prepared, offsets, inPlace)
  call(kernels, kernel, aligned.args)
  call(kernels, kernel, misaligned.args)
  const how = inPlace === undefined ? '' : ` with ${inPlace.output} in place of ${inPlace.input}`
  return (
    problemIn(prepared, how, straysOf(kernel, aligned.placed)) ||
    problemIn(prepared, how, compare(prepared, aligned.placed)) ||
    problemIn(prepared, `${how}, offsets ${offsets}`, straysOf(kernel, misaligned.placed)) ||
    problemIn(prepared, `${how}, offsets ${offsets}`, outputsDiffer(kernel, aligned.placed, misaligned.placed))
  )
}

type Ranges = (readonly [begin: number, end: number])[]

function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[items[i], items[j]] = [items[j] as T, items[i] as T]
  }
  return items
}

/** Cuts [0, units) at about `cuts` random places. */
function randomRanges(units: number, cuts: number, random: Random): Ranges {
  const inner = Array.from({ length: cuts }, () => Math.floor(random() * (units + 1)))
  const edges = [...new Set([0, ...inner, units])].sort((a, b) => a - b)
  return edges.slice(1).map((end, i) => [edges[i] as number, end] as const)
}

const singleUnits = (units: number): Ranges => Array.from({ length: units }, (_, i) => [i, i + 1] as const)

/** Runs a case whole, in single units and in random ranges, each shuffled: all give the same bits. */
export function runSplit<K extends KernelName>(
  kernels: KernelCalls,
  splitter: Splitter,
  prepared: Prepared<K>,
  seed: number,
): string {
  const { kernel } = prepared
  const random = randomOf(seed)
  const together = placeCase(prepared, [0], undefined)
  const units = splitter.units(kernel, together.args)
  call(kernels, kernel, together.args)
  // Single units of a long case would take too long; 200 still meet every edge.
  const singles = units <= 200 ? [singleUnits(units)] : []
  for (const ranges of [
    ...singles,
    randomRanges(units, 0, random),
    randomRanges(units, 3, random),
    randomRanges(units, 9, random),
  ]) {
    shuffle(ranges, random)
    const split = placeCase(prepared, [0], undefined)
    splitter.partition(kernel, split.args, ranges)
    const problem = straysOf(kernel, split.placed) || outputsDiffer(kernel, together.placed, split.placed)
    if (problem !== '') return problemIn(prepared, ` as ranges ${JSON.stringify(ranges)} of ${units}`, problem)
  }
  return ''
}
