// Every kernel of every backend against the float64 reference: sizes, misalignment, memory around it, in place, splits.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kernelNames } from '../../src/kernels/declarations.js'
import { testBackends } from '../backends.js'
import { inPlaceUses, prepare, runCase, runSplit } from './harness.js'
import { specOf } from './specs.js'

/** Misalignments of a kernel's tensors, a different one for each and for each case. */
const offsetsOf = (seed: number): readonly number[] => [1, 2, 3, 1, 0].map((offset, i) => (offset + seed * (i + 1)) % 4)

/** `NETWRIGHT_TEST_SEED=n` repeats a run of the random shapes; fast-check prints the seed with a failure. */
const seed = Number(process.env.NETWRIGHT_TEST_SEED ?? Date.now() % 2 ** 31)

describe.each(testBackends())('$name', (backend) => {
  describe.each(kernelNames)('%s', (kernel) => {
    const { cases, random } = specOf(kernel)

    it('is within its bounds of the float64 reference, at any alignment, and writes nothing else', () => {
      cases.forEach((numbers, i) => {
        expect(runCase(backend, prepare(kernel, numbers, i), offsetsOf(i))).toBe('')
      })
    })

    const uses = inPlaceUses(kernel)
    if (uses.length > 0) {
      it('works in place', () => {
        for (const use of uses) {
          cases.forEach((numbers, i) => {
            expect(runCase(backend, prepare(kernel, numbers, i), offsetsOf(i), use)).toBe('')
          })
        }
      })
    }

    const { splitter } = backend
    if (splitter !== undefined) {
      it('gives the same bits for any split, in any order', () => {
        cases.forEach((numbers, i) => {
          expect(runSplit(backend.kernels, splitter, prepare(kernel, numbers, i), i)).toBe('')
        })
      })
    }

    it('is within its bounds on random shapes', () => {
      const property = fc.property(random, fc.nat(2 ** 20), (numbers, data) => {
        const problem = runCase(backend, prepare(kernel, numbers, data), offsetsOf(data))
        if (problem !== '') throw new Error(problem)
      })
      fc.assert(property, { numRuns: 50, seed })
    })
  })
})
