// Specs of src/kernels/declarations/random.ts.

import fc from 'fast-check'
import type { random as declared } from '../../../src/kernels/declarations/random.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { lengths, tiny, u } from './common.js'

const places: readonly Numbers[] = lengths.map((n, i) => ({
  n,
  seed: [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1][i % 5] as number,
  stream: [0, 7, 2 ** 32 - 1][i % 3] as number,
  step: [0, 1, 2 ** 32 + 5, 2 ** 53 - 1][i % 4] as number,
}))
const anyPlace = {
  n: fc.nat(5000),
  seed: fc.maxSafeNat(),
  stream: fc.nat(2 ** 32 - 1),
  step: fc.maxSafeNat(),
}

export const random = {
  randomUniform: {
    // Philox4x32-10 of counter 0 and key 0 gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8 (Random123, kat_vectors).
    example: {
      args: { y: [9, 9, 9, 9], n: 4, seed: 0, stream: 0, step: 0 },
      answer: { y: [0x6627e8 / 2 ** 24, 0xe169c5 / 2 ** 24, 0xbc57ac / 2 ** 24, 0x9b00db / 2 ** 24] },
    },
    cases: places,
    random: fc.record(anyPlace),
    // 10 rounds of 2 products of 32 bits, and their exclusive ors, for 4 numbers.
    benchmark: { 'dropout mask': { n: 5000, seed: 1, stream: 2, step: 3 } },
  },
  dropout: {
    // The uniforms of randomUniform's example; the third is the probability itself, and is kept.
    example: {
      args: {
        y: [9, 9, 9, 9, 9],
        x: [1, -2, 3, 4, 0],
        n: 4,
        seed: 0,
        stream: 0,
        step: 0,
        probability: 0xbc57ac / 2 ** 24,
        scale: 2,
      },
      answer: { y: [0, -4, 6, 0, 9] },
    },
    // 0.1 and 1/3 are no float32; at 2^-24 · 0.5 only the word 0 goes, at 1 all.
    cases: places.map((numbers, i) => ({
      ...numbers,
      probability: [0.5, 0.1, 0, 1, 1 / 3, 2 ** -25, 1 - 2 ** -24][i % 7] as number,
      scale: [2, 1 / 0.9, 1][i % 3] as number,
    })),
    random: fc.record({
      ...anyPlace,
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
      scale: fc.constant(1.3),
    }),
    // scale rounded, a product; which elements are kept is exact.
    bounds: (_, { y }) => ({ y: (i) => (y[i] === 0 ? 0 : 2.1 * u * Math.abs(y[i]) + tiny) }),
    benchmark: { hidden: { n: 5000, seed: 1, stream: 2, step: 3, probability: 0.5, scale: 2 } },
  },
} satisfies SpecsOf<typeof declared>
