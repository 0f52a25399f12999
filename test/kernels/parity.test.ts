// Every kernel of every backend against the float64 reference: sizes, misalignment, memory around it, in place, splits.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { testBackends } from '../backends.js'
import { inPlaceUses, type Prepared, prepare, runCase, runSplit } from './harness.js'
import { specOf } from './specs.js'

/** Misalignments of a kernel's tensors, a different one for each and for each case. */
const offsetsOf = (seed: number): readonly number[] => [1, 2, 3, 1, 0].map((offset, i) => (offset + seed * (i + 1)) % 4)

/** `NETWRIGHT_TEST_SEED=n` repeats a run of the random shapes; fast-check prints the seed with a failure. */
const seed = Number(process.env.NETWRIGHT_TEST_SEED ?? Date.now() % 2 ** 31)

const prepared = new Map<KernelName, readonly Prepared<KernelName>[]>()
/** The cases of a kernel with their answers, made once for all backends. */
function preparedCases(kernel: KernelName): readonly Prepared<KernelName>[] {
  const cases = prepared.get(kernel) ?? specOf(kernel).cases.map((numbers, i) => prepare(kernel, numbers, i))
  prepared.set(kernel, cases)
  return cases
}

describe.each(testBackends())('$name', (backend) => {
  describe.each(kernelNames)('%s', (kernel) => {
    const { random } = specOf(kernel)

    it('is within its bounds of the float64 reference, at any alignment, and writes nothing else', () => {
      preparedCases(kernel).forEach((example, i) => {
        expect(runCase(backend, example, offsetsOf(i))).toBe('')
      })
    })

    const uses = inPlaceUses(kernel)
    if (uses.length > 0) {
      it('works in place', () => {
        for (const use of uses) {
          preparedCases(kernel).forEach((example, i) => {
            expect(runCase(backend, example, offsetsOf(i), use)).toBe('')
          })
        }
      })
    }

    const { splitter } = backend
    if (splitter !== undefined) {
      it('gives the same bits for any split, in any order', () => {
        preparedCases(kernel).forEach((example, i) => {
          expect(runSplit(backend.kernels, splitter, example, i)).toBe('')
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
