// What the specs of several families share: rounding errors, sizes, inputs.

import fc from 'fast-check'
import type { Numbers } from '../spec.js'
import { type Random, uniform, whole } from '../values.js'

/** Half an ulp of 1: the largest relative error of one float32 operation. */
export const u = 2 ** -24
/** Smallest normal float32: what flushing one denormal, as argument or as result, can lose. */
export const tiny = 2 ** -126
/** Relative error of a kernel's exp and ln: 2 ulp, and an ulp is at most 2 u. */
export const expError = 4

/**
 * Relative error of a float32 sum of n terms, in u, whatever the order: n at worst. Roundings of random signs grow
 * with the root of n, and 6 of their deviations are passed in 1 of 10^8 elements (Higham and Mary 2019).
 */
export const sumError = (n: number): number => Math.min(n, 6 * Math.sqrt(n))

export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Lengths of flat work: around every vector width, their unrollings, and the block of 4,096. */
export const lengths = [
  ...range(0, 20),
  23,
  31,
  32,
  33,
  47,
  48,
  63,
  64,
  65,
  97,
  127,
  128,
  129,
  509,
  1021,
  4095,
  4096,
  4097,
  9001,
]
export const flatCases: readonly Numbers[] = lengths.map((n) => ({ n }))
export const flatRandom = fc.record({ n: fc.nat(5000) })
/** Rows and columns: few rows of every width, every number of rows, more than a block. */
export const rowCases = (columns: string, least: number): readonly Numbers[] =>
  [
    ...range(least, 36).map((width) => [3, width]),
    ...range(0, 18).map((rows) => [rows, 10]),
    ...[47, 63, 64, 65, 100, 127, 129, 255, 784, 1000].map((width) => [2, width]),
    [1, 5003],
    [257, 3],
    [1021, 7],
    [5, Math.max(least, 0)],
    [4099, 1],
  ].map(([rows, width]) => ({ rows: rows as number, [columns]: width as number }))
export const rowRandom = (columns: string, least: number): fc.Arbitrary<Numbers> =>
  fc
    .record({ rows: fc.nat(70), width: fc.integer({ min: least, max: 140 }) })
    .map(({ rows, width }) => ({ rows, [columns]: width }))
/** Network shapes: the hidden layer and the first weights of 784-50-10 at batch 100. */
export const flatBenchmark = { hidden: { n: 5000 }, weights: { n: 39200 } }

/** (groups,count,cols), of repeatRows and its dual sumGroups: each of them around every vector, and none. */
export const groupCases: readonly Numbers[] = [
  ...range(0, 36).map((cols) => [2, 3, cols]),
  ...range(0, 9).map((count) => [3, count, 5]),
  ...[0, 1, 2, 9, 65].map((groups) => [groups, 2, 7]),
  ...[63, 64, 65, 127, 128, 129, 1000].map((cols) => [2, 2, cols]),
  [1, 1021, 7],
].map(([groups, count, cols]) => ({ groups: groups as number, count: count as number, cols: cols as number }))
export const groupRandom = fc.record({ groups: fc.nat(12), count: fc.nat(20), cols: fc.nat(70) })
export const groupBenchmark = {
  'repeat node 1x100x50': { groups: 1, count: 100, cols: 50 },
  '100x8x64': { groups: 100, count: 8, cols: 64 },
}

// Inputs that are not just any numbers.
export const labels = (random: Random, { classes = 0 }: Numbers) => whole(random, classes)
export const order = (random: Random, { samples = 0 }: Numbers) => whole(random, samples)
/** Mostly ordinary logits, some so far apart that e^-distance is 0 as a float32. */
export const logits = (random: Random) => {
  const ordinary = uniform(random, -8, 8)
  const extreme = uniform(random, -200, 200)
  return () => (random() < 0.05 ? extreme() : ordinary())
}
export const between0And1 = (random: Random) => uniform(random, 0, 1)
