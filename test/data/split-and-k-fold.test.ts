// split and kFold: who is dealt where. trainValidationSplit, the older of the two, is in split.test.ts.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { kFold } from '../../src/data/k-fold.js'
import { split, trainValidationSplit } from '../../src/data/split.js'
import { failure } from '../failure.js'

/** Sample i is (i), with these labels. */
const labelled = (labels: readonly number[]): Dataset =>
  new Dataset(
    labels.map((_, i) => [i]),
    labels,
    { classNames: ['a', 'b', 'c', 'd', 'e', 'f'] },
  )
const numbers = (set: Dataset): number[] => [...set.x.data]
const counts = (set: Dataset): number[] =>
  Array.from({ length: set.classes }, (_, label) => [...set.y.data].filter((y) => y === label).length)
/** `each` samples of every class, class after class. */
const sorted = (...each: readonly number[]) => labelled(each.flatMap((count, label) => Array(count).fill(label)))

describe('split', () => {
  test('deals every sample once, with its label, in a seeded order', () => {
    const whole = sorted(30, 20, 50)
    const { train, validation, test: held } = split(whole, { validation: 0.1, test: 0.25, seed: 3 })
    expect([train.length, validation.length, held.length]).toEqual([65, 10, 25])
    const all = [train, validation, held].flatMap(numbers)
    expect(all.toSorted((a, b) => a - b)).toEqual(numbers(whole))
    for (const part of [train, validation, held]) {
      expect(numbers(part)).not.toEqual(numbers(part).toSorted((a, b) => a - b))
      expect([...part.y.data]).toEqual(numbers(part).map((i) => whole.y.data[i]))
      expect([part.classes, part.classNames]).toEqual([3, ['a', 'b', 'c', 'd', 'e', 'f']])
    }
    expect(numbers(split(whole, { test: 0.25, seed: 3 }).test)).toEqual(numbers(held))
    expect(numbers(split(whole, { test: 0.25, seed: 4 }).test)).not.toEqual(numbers(held))
    expect(split(whole).test.length).toBe(20)
    expect('validation' in split(whole)).toBe(false)
  })

  test('trainValidationSplit is the same deal', () => {
    const whole = sorted(30, 20)
    const { train, validation } = trainValidationSplit(whole, { share: 0.3, seed: 9 })
    const other = split(whole, { test: 0.3, seed: 9 })
    expect([numbers(train), numbers(validation)]).toEqual([numbers(other.train), numbers(other.test)])
  })

  test('stratified: every class in proportion, in parts of the same sizes as without', () => {
    const options = { validation: 0.2, test: 0.2, stratify: true } as const
    const parts = split(sorted(50, 30, 20), options)
    expect([parts.train, parts.validation, parts.test].map(counts)).toEqual([
      [30, 18, 12],
      [10, 6, 4],
      [10, 6, 4],
    ])
    // Not class after class.
    expect([...parts.train.y.data]).not.toEqual([...parts.train.y.data].toSorted((a, b) => a - b))
  })

  test('stratified, for any classes and shares: nothing lost, shares to a sample, sizes as without', () => {
    const classes = fc.array(fc.integer({ min: 3, max: 40 }), { minLength: 1, maxLength: 5 })
    const share = fc.double({ min: 0.05, max: 0.4, noNaN: true })
    fc.assert(
      fc.property(classes, share, share, fc.nat(100), (each, testShare, validation, seed) => {
        const set = sorted(...each)
        const options = { test: testShare, validation, seed }
        const plain = split(set, options)
        const parts = split(set, { ...options, stratify: true })
        const all = [parts.train, parts.validation, parts.test]
        expect(all.flatMap(numbers).sort((a, b) => a - b)).toEqual(numbers(set))
        expect(all.map(({ length }) => length)).toEqual(
          [plain.train, plain.validation, plain.test].map((p) => p.length),
        )
        counts(parts.test).forEach((count, label) => {
          const quota = ((each[label] as number) * parts.test.length) / set.length
          expect(Math.abs(count - quota)).toBeLessThan(1)
        })
        for (const count of counts(parts.train)) expect(count).toBeGreaterThan(0)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  test('refuses shares, data sets and targets that cannot be', () => {
    const wrong = (options: object, set: unknown = sorted(5, 5)) => {
      const { code, message } = failure(() => split(set as Dataset, options))
      return `${code} ${message}`
    }
    expect(wrong({ test: 0 })).toBe('ERR_ARGUMENT split: test is 0, expected a number between 0 and 1')
    expect(wrong({ validation: 1 })).toMatch(/^ERR_ARGUMENT split: validation is 1, expected/)
    expect(wrong({ test: 0.5, validation: 0.5 })).toMatch(/test 0.5 and validation 0.5 leave nothing to train on/)
    expect(wrong({ stratify: 'yes' })).toMatch(/stratify is "yes", expected true or false/)
    expect(wrong({ share: 0.2 })).toMatch(/unknown option 'share', expected test, validation, stratify, seed/)
    expect(wrong({ seed: 0.5 })).toMatch(/^ERR_ARGUMENT split: seed is 0.5/)
    expect(wrong({}, [[1]])).toMatch(/^ERR_ARGUMENT split: got .*, expected a Dataset/)
    expect(wrong({ validation: 0.2 }, sorted(2))).toMatch(
      /^ERR_DATA split: the data set has 2 samples, expected 3 or more/,
    )
    expect(wrong({ stratify: true }, sorted(5, 1))).toMatch(
      /^ERR_DATA split: class "b" has 1 sample, expected 2 or more/,
    )
    const values = new Dataset([[1], [2], [3]], [[0.5], [1], [2]])
    expect(wrong({ stratify: true }, values)).toMatch(
      /stratify keeps classes in proportion, but the targets are no lab/,
    )
  })
})

describe('kFold', () => {
  test('every sample validates once and trains otherwise; folds are even to a sample', () => {
    const whole = sorted(7, 6)
    const folds = [...kFold(whole, { folds: 4, seed: 2 })]
    expect(folds.map(({ fold }) => fold)).toEqual([0, 1, 2, 3])
    expect(folds.map(({ validation }) => validation.length)).toEqual([4, 3, 3, 3])
    expect(folds.flatMap(({ validation }) => numbers(validation)).sort((a, b) => a - b)).toEqual(numbers(whole))
    for (const { train, validation } of folds) {
      expect([...numbers(train), ...numbers(validation)].sort((a, b) => a - b)).toEqual(numbers(whole))
      expect([train.classes, validation.classes]).toEqual([2, 2])
      expect([...train.y.data]).toEqual(numbers(train).map((i) => whole.y.data[i]))
    }
    const again = kFold(whole, { folds: 4, seed: 2 })
    expect([...again].map(({ train }) => numbers(train))).toEqual(folds.map(({ train }) => numbers(train)))
    // It can be gone through again.
    expect([...again]).toHaveLength(4)
    expect([...kFold(whole, { seed: 3 })]).toHaveLength(5)
  })

  test('stratified: each class and all of them together are even to a sample', () => {
    const folds = [...kFold(sorted(10, 12, 5), { folds: 5, stratify: true })]
    const inFolds = folds.map(({ validation }) => counts(validation))
    for (const [label, count] of [10, 12, 5].entries()) {
      const each = inFolds.map((fold) => fold[label] as number)
      expect(each.reduce((sum, n) => sum + n, 0)).toBe(count)
      expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1)
    }
    expect(folds.map(({ validation }) => validation.length)).toEqual([6, 6, 5, 5, 5])
  })

  test('refuses what cannot be, at once', () => {
    const wrong = (options: object, set: unknown = sorted(3, 3)) =>
      failure(() => kFold(set as Dataset, options)).message
    expect(wrong({ folds: 1 })).toBe('kFold: folds is 1, expected a whole number from 2')
    expect(wrong({ folds: 7 })).toBe('kFold: the data set has 6 samples, expected 7 or more, one for each fold')
    expect(wrong({ folds: 4, stratify: true })).toMatch(/class "a" has 3 samples, expected 4 or more to stratify by/)
    expect(wrong({ k: 4 })).toMatch(/unknown option 'k'/)
    expect(wrong({}, {})).toMatch(/^kFold: got an Object, expected a Dataset/)
  })
})
