// Places a program's own tensors in one workspace: tensors that are never alive at the same time share memory.

import { arrayTypes } from '../tensor/tensor.js'
import { chainSpans } from './chains.js'
import { at, type Program, tensorsOf } from './program.js'

/** Every tensor begins on a cache line. */
export const lineBytes = 64

export interface MemoryPlan {
  /** Byte offset of each of the program's memories. */
  readonly offsets: readonly number[]
  /** Bytes of the whole workspace. */
  readonly bytes: number
}

interface Life {
  readonly memory: number
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/**
 * Greedy by size: the largest tensor first, each at the lowest offset where nothing alive at the same time lies
 * (Pisarchyk & Lee, Efficient Memory Management for Deep Neural Net Inference, 2020, algorithm 3).
 * Sizes are those for `capacity` rows, so every smaller batch fits. `elsewhere`: memories that need no room here.
 */
export function planMemory(
  program: Program,
  capacity: number,
  elsewhere: { has(memory: number): boolean } = new Set(),
): MemoryPlan {
  const end = program.calls.length
  // The calls of a chain go over the samples together, so what one of them uses is alive during all.
  const spans = chainSpans(program.calls)
  const uses = program.memories.map(() => ({ first: end, last: -1 }))
  program.calls.forEach((call, i) => {
    const { first, last } = spans[i] as { first: number; last: number }
    for (const { memory } of tensorsOf(call)) {
      const use = typeof memory === 'number' ? uses[memory] : undefined
      if (use === undefined) continue
      use.first = Math.min(use.first, first)
      use.last = Math.max(use.last, last)
    }
  })
  const lives = program.memories.map(({ element, length, kept }, memory): Life => {
    const bytes = at(length, capacity) * arrayTypes[element].BYTES_PER_ELEMENT
    const { first, last } = uses[memory] as { first: number; last: number }
    const life = kept ? { first: 0, last: end } : { first, last }
    return { memory, bytes: Math.ceil(bytes / lineBytes) * lineBytes, ...life }
  })
  const offsets = new Array<number>(lives.length).fill(0)
  const placed: Life[] = []
  let total = 0
  const here = lives.filter(({ memory }) => !elsewhere.has(memory))
  for (const life of here.sort((a, b) => b.bytes - a.bytes || a.memory - b.memory)) {
    const rivals = placed
      .filter((other) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => (offsets[a.memory] as number) - (offsets[b.memory] as number))
    let offset = 0
    for (const rival of rivals) {
      const start = offsets[rival.memory] as number
      if (offset + life.bytes <= start) break
      offset = Math.max(offset, start + rival.bytes)
    }
    offsets[life.memory] = offset
    placed.push(life)
    total = Math.max(total, offset + life.bytes)
  }
  return { offsets, bytes: total }
}
