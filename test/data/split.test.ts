// Row 92 of the notes: validation data are split off after a shuffle.

import { describe, expect, test } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { trainValidationSplit } from '../../src/data/split.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'

/** Sample i is (i, 10 i), its label i % 3, sorted by label. */
function sorted(samples: number): Dataset {
  const order = Array.from({ length: samples }, (_, i) => i).sort((a, b) => (a % 3) - (b % 3) || a - b)
  return new Dataset(
    order.map((i) => [i, 10 * i]),
    order.map((i) => i % 3),
  )
}
const samplesOf = (set: Dataset): number[] => (set.x.toArray() as number[][]).map(([i]) => i as number)

describe('trainValidationSplit (row 92)', () => {
  test('deals every sample to one side, with its label, in a seeded order', () => {
    const { train, validation } = trainValidationSplit(sorted(50), { seed: 3 })
    expect([train.length, validation.length, train.classes, validation.classes]).toEqual([40, 10, 3, 3])
    const all = [...samplesOf(train), ...samplesOf(validation)]
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    for (const set of [train, validation]) {
      expect([...set.y.data]).toEqual(samplesOf(set).map((i) => i % 3))
      expect((set.x.toArray() as number[][]).every(([i, j]) => j === 10 * (i as number))).toBe(true)
      // Sorted labels are not what either side gets.
      expect(new Set(set.y.data).size).toBe(3)
    }
    expect(samplesOf(trainValidationSplit(sorted(50), { seed: 3 }).validation)).toEqual(samplesOf(validation))
    expect(samplesOf(trainValidationSplit(sorted(50), { seed: 4 }).validation)).not.toEqual(samplesOf(validation))
  })
  test('leaves the data set alone, and its parts share nothing with it', () => {
    const whole = sorted(10)
    const { train } = trainValidationSplit(whole)
    train.x.data.fill(-1)
    expect(samplesOf(whole)).toEqual([0, 3, 6, 9, 1, 4, 7, 2, 5, 8])
  })
  test('keeps element types, scales, dense targets and several inputs', () => {
    const bytes = new Tensor(
      Uint8Array.from({ length: 24 }, (_, i) => i),
      [4, 2, 3],
      { scale: 1 / 255 },
    )
    const reals = new Tensor(
      Float64Array.from({ length: 4 }, (_, i) => i / 3),
      [4, 1],
    )
    const set = new Dataset(
      [bytes, reals],
      new Tensor(
        Float64Array.from({ length: 8 }, (_, i) => i / 7),
        [4, 2],
      ),
      {
        real: 'float64',
      },
    )
    const { train, validation } = trainValidationSplit(set, { share: 0.5 })
    expect(train.inputs.map(({ element, scale, shape }) => [element, scale, shape])).toEqual([
      ['uint8', 1 / 255, [2, 2, 3]],
      ['float64', 1, [2, 1]],
    ])
    for (const { inputs, y } of [train, validation]) {
      const first = inputs[0]?.data.filter((_, i) => i % 6 === 0) as Uint8Array
      const samples = [...first].map((byte) => byte / 6)
      expect([...(inputs[1]?.data ?? [])]).toEqual(samples.map((i) => i / 3))
      expect([...y.data]).toEqual(samples.flatMap((i) => [(2 * i) / 7, (2 * i + 1) / 7]))
    }
  })
  test('keeps a sample on either side', () => {
    const sizes = (samples: number, share: number) => {
      const { train, validation } = trainValidationSplit(sorted(samples), { share })
      return [train.length, validation.length]
    }
    expect([sizes(2, 0.01), sizes(3, 0.99), sizes(10, 0.25)]).toEqual([
      [1, 1],
      [1, 2],
      [7, 3],
    ])
  })
  test('refuses shares that leave nothing, and a single sample', async () => {
    for (const share of [0, 1, Number.NaN]) {
      const { code, message } = await failureOf(() => trainValidationSplit(sorted(5), { share }))
      expect([code, message]).toEqual([
        'ERR_ARGUMENT',
        expect.stringContaining(`share is ${share}, expected a number be`),
      ])
    }
    expect((await failureOf(() => trainValidationSplit(sorted(1)))).code).toBe('ERR_DATA')
    expect((await failureOf(() => trainValidationSplit(sorted(5), { seed: -1 }))).code).toBe('ERR_ARGUMENT')
  })
})

test('trainValidationSplit names itself where its arguments are wrong', async () => {
  const pair = await failureOf(() => trainValidationSplit({ x: [[1]], y: [0] } as never))
  expect(pair.message).toBe('trainValidationSplit: got an Object, expected a Dataset: new Dataset(x, y)')
  const seed = await failureOf(() => trainValidationSplit(sorted(9), { seed: 'a' as never }))
  expect(seed.message).toMatch(/^trainValidationSplit: seed is "a"/)
})
