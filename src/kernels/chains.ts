// Chains: calls that run together, a few samples at a time, so that what one writes is still in the cache when the next
// one reads it (depth-first execution; native/chain.h). They give the numbers of the calls one after the other.

import { arrayTypes } from '../tensor/tensor.js'
import { namedNumbers } from './check.js'
import type { Split } from './declaration.js'
import { declarations, type KernelName } from './declarations.js'
import { compileExpression } from './expression.js'
import {
  at,
  type Linear,
  type Program,
  type ProgramCall,
  type ProgramMemory,
  type ProgramTensor,
  tensorsOf,
} from './program.js'

type KernelCall = Extract<ProgramCall, { kind: 'kernel' }>

/**
 * Where chains end: between two convolutions. A convolution works so long on what it reads that the third-level cache
 * is near enough, and with fewer tensors a part of the batch has more samples.
 */
const beginsChain: ReadonlySet<KernelName> = new Set<KernelName>(['conv2dForward'])
const endsChain: ReadonlySet<KernelName> = new Set<KernelName>(['conv2dInputGradient'])

/** All that a chain uses is alive as long as it runs: longer ones would take more memory than they save time. */
const mostCalls = 8

/** Stands for a chain's memory as a slot; no run binds it. */
export const chainSlot = 'chain'

/** Where a tensor that lives in one chain only is: native/plan.h, chainMemoryStart. */
export interface ChainPlace {
  /** Bytes that the chain's tensors before it take of each sample. */
  readonly bytesBefore: number
  /** How many these are. */
  readonly tensorsBefore: number
}

/** First and last call of the chain that each call is part of; of one in none, the call itself. */
export function chainSpans(
  calls: readonly ProgramCall[],
): readonly { readonly first: number; readonly last: number }[] {
  const spans: { first: number; last: number }[] = []
  calls.forEach((call, i) => {
    const before = spans[i - 1]
    if (call.kind === 'kernel' && call.chained && before !== undefined) {
      before.last = i
      spans.push(before)
    } else {
      spans.push({ first: i, last: i })
    }
  })
  return spans
}

/**
 * The program's memories that live in one chain only, by number. They need room for the samples of a part and not of
 * the batch, in memory that stays in a thread's cache.
 */
export function chainMemories({ calls, memories }: Program): ReadonlyMap<number, ChainPlace> {
  const spans = chainSpans(calls)
  const users = new Map<number, Set<number>>()
  const others = new Set<number>()
  calls.forEach((call, i) => {
    const { first, last } = spans[i] as { first: number; last: number }
    for (const { memory, offset, length } of tensorsOf(call)) {
      if (typeof memory !== 'number') continue
      const whole = memories[memory] as ProgramMemory
      const sampleBySample = offset.constant === 0 && offset.perRow === 0 && sameLinear(length, whole.length)
      if (whole.kept || whole.length.constant !== 0 || !sampleBySample || first === last) others.add(memory)
      users.set(memory, (users.get(memory) ?? new Set()).add(first))
    }
  })
  const places = new Map<number, ChainPlace>()
  const next = new Map<number, ChainPlace>()
  for (const [memory, of] of users) {
    if (others.has(memory) || of.size > 1) continue
    const [first] = of as ReadonlySet<number> & Iterable<number>
    const place = next.get(first as number) ?? { bytesBefore: 0, tensorsBefore: 0 }
    places.set(memory, place)
    const { element, length } = memories[memory] as ProgramMemory
    const bytes = length.perRow * arrayTypes[element].BYTES_PER_ELEMENT
    next.set(first as number, {
      bytesBefore: place.bytesBefore + Math.ceil(bytes / 8) * 8,
      tensorsBefore: place.tensorsBefore + 1,
    })
  }
  return places
}

const sameLinear = (a: Linear, b: Linear): boolean => a.constant === b.constant && a.perRow === b.perRow

/** The same calls, those that can follow the one before sample by sample marked as chained. */
export function formChains(calls: readonly ProgramCall[]): ProgramCall[] {
  let chain: KernelCall[] = []
  return calls.map((call): ProgramCall => {
    if (call.kind === 'host') {
      chain = []
      return call
    }
    const chained = chain.length > 0 && !beginsChain.has(call.kernel) && follows(chain, call)
    if (!chained) chain = []
    if (worksBySamples(call)) chain.push(call)
    if (endsChain.has(call.kernel)) chain = []
    return { ...call, chained }
  })
}

interface CallTensor {
  readonly tensor: ProgramTensor
  readonly written: boolean
  /** Elements that a call on `rows` rows may touch. */
  readonly extent: (rows: number) => number
}

const tensorArguments = (call: KernelCall): CallTensor[] => {
  const { parameters } = declarations[call.kernel]
  const sizes = parameters.flatMap(({ kind, name }) => (kind === 'size' ? [name] : []))
  const numbers = (rows: number) =>
    namedNumbers(
      call.kernel,
      call.args.map((argument) => (argument.kind === 'number' ? at(argument.value, rows) : null)),
    )
  return call.args.flatMap((argument, i) => {
    const parameter = parameters[i]
    if (argument.kind !== 'tensor' || parameter?.kind !== 'tensor') return []
    const written = parameter.role === 'out' || parameter.role === 'inout'
    const extent = compileExpression(parameter.extent, sizes)
    return [{ tensor: argument.tensor, written, extent: (rows) => extent(numbers(rows)) }]
  })
}

const isPerRow = ({ length }: ProgramTensor): boolean => length.constant === 0 && length.perRow > 0

/** Numbers that count samples or their elements: with any other the call on part of the batch is another call. */
const counts: ReadonlySet<string> = new Set(['rows', 'n'])

/** Whether the call is a sum of its calls on some rows each. */
function worksBySamples(call: KernelCall): boolean {
  const { split, parameters } = declarations[call.kernel]
  if (call.phase !== 'compute' || (split.by !== 'samples' && split.by !== 'groups')) return false
  const numbersFit = call.args.every((argument, i) => {
    const name = parameters[i]?.name as string
    if (argument.kind === 'step') return false
    if (argument.kind !== 'number') return true
    // Groups are groups of the batch's rows.
    if (split.by === 'groups' && name === 'rows') return argument.value.perRow === 1
    return argument.value.perRow === 0 || counts.has(name)
  })
  return (
    numbersFit && tensorArguments(call).every((used) => isCutByRows(used) || (isShared(used) && mayShare(split, used)))
  )
}

/** Whether a call on some rows uses all of just those. */
const isCutByRows = ({ tensor, extent }: CallTensor): boolean =>
  isPerRow(tensor) && [1, 2].every((rows) => extent(rows) === rows * tensor.length.perRow)

/** Whether a call on some rows uses what a call on all uses. */
const isShared = ({ tensor, extent }: CallTensor): boolean => !isPerRow(tensor) && extent(1) === extent(2)

/** Sums of groups are each written by one part; any other output must be cut. */
const mayShare = (split: Split, { written }: CallTensor): boolean => split.by === 'groups' || !written

/** In how many groups of samples a call works, if it does. */
function groupsOf(call: KernelCall): readonly number[] {
  const { split, parameters } = declarations[call.kernel]
  const argument = call.args[parameters.findIndex(({ name }) => name === 'groups')]
  return split.by === 'groups' && argument?.kind === 'number' ? [argument.value.constant] : []
}

/** Whether `call` can go into one chain with `chain`. */
function follows(chain: readonly KernelCall[], call: KernelCall): boolean {
  if (chain.length === mostCalls || !worksBySamples(call)) return false
  const groups = [...chain, call].flatMap((other) => groupsOf(other))
  if (groups.some((count) => count !== groups[0])) return false
  // What one call writes, another may touch only as the same rows: part of a batch then meets the same part.
  const mine = tensorArguments(call)
  return chain.every((other) =>
    tensorArguments(other).every((theirs) =>
      mine.every(({ tensor, written }) => {
        if (!(written || theirs.written) || tensor.memory !== theirs.tensor.memory) return true
        return sameRows(tensor, theirs.tensor)
      }),
    ),
  )
}

function sameRows(a: ProgramTensor, b: ProgramTensor): boolean {
  const { offset, length } = b
  return (
    isPerRow(a) &&
    isPerRow(b) &&
    a.length.perRow === length.perRow &&
    a.offset.constant === offset.constant &&
    a.offset.perRow === offset.perRow
  )
}
