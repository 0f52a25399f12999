// Fixed seeds: these either always pass or always fail. Bounds are about five standard deviations of the statistic.
import { describe, expect, test } from 'vitest'
import { naturalLog } from '../../src/random/logarithm.js'
import { permutation } from '../../src/random/permutation.js'
import { Random } from '../../src/random/random.js'

const draw = (n: number, next: () => number): number[] => Array.from({ length: n }, next)

function moments(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length }
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [moments(a), moments(b)]
  const covariance = a.reduce((sum, x, i) => sum + (x - ma.mean) * ((b[i] as number) - mb.mean), 0) / a.length
  return covariance / Math.sqrt(ma.variance * mb.variance)
}

describe('naturalLog', () => {
  test('agrees with Math.log to 5e-16 from the smallest to the largest exponent', () => {
    const random = new Random(1)
    let worst = 0
    for (let exponent = -1022; exponent < 1024; exponent++) {
      for (let i = 0; i < 8; i++) {
        const x = 2 ** exponent * (1 + random.uniform())
        worst = Math.max(worst, Math.abs(naturalLog(x) / Math.log(x) - 1))
      }
    }
    expect(worst).toBeLessThan(5e-16)
  })

  test('keeps its precision next to 1', () => {
    for (const x of [1 + 2 ** -52, 1 - 2 ** -53, 1.001, 0.999]) {
      expect(Math.abs(naturalLog(x) / Math.log(x) - 1)).toBeLessThan(1e-15)
    }
    expect(naturalLog(1)).toBe(0)
  })
})

describe('Random', () => {
  test('the same seed gives the same numbers: these, on every machine and Node version', () => {
    const random = new Random(42, 'weights')
    const numbers = [random.bits(), random.uniform(), random.normal(), random.normal(), random.below(1000)]
    expect(numbers).toMatchInlineSnapshot(`
      [
        2619897397,
        0.879455926490149,
        -0.15821874977015243,
        -0.9658269831228932,
        701,
      ]
    `)
  })

  test('seeds beyond 32 bits count in full', () => {
    expect(new Random(1).bits()).not.toBe(new Random(1 + 2 ** 32).bits())
  })

  test('uniform: moments, range and an even spread', () => {
    const random = new Random(7)
    const values = draw(100_000, () => random.uniform())
    const { mean, variance } = moments(values)
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.005)
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.002)
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    const bins = new Int32Array(100)
    for (const value of values) bins[Math.floor(value * 100)]++
    // Chi-squared with 99 degrees of freedom: mean 99, sd 14.
    const chi = [...bins].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chi).toBeGreaterThan(40)
    expect(chi).toBeLessThan(170)
    expect(moments(draw(1000, () => random.uniform(-3, -1))).mean).toBeCloseTo(-2, 0)
  })

  test('normal: the four moments, tails, and the two halves of a pair unrelated', () => {
    const random = new Random(11)
    const values = draw(100_000, () => random.normal())
    const { mean, variance } = moments(values)
    expect(Math.abs(mean)).toBeLessThan(0.016)
    expect(Math.abs(variance - 1)).toBeLessThan(0.023)
    expect(Math.abs(moments(values.map((x) => x ** 3)).mean)).toBeLessThan(0.062)
    expect(Math.abs(moments(values.map((x) => x ** 4)).mean - 3)).toBeLessThan(0.16)
    const beyond2 = values.filter((x) => Math.abs(x) > 2).length
    expect(Math.abs(beyond2 - 4550)).toBeLessThan(330)
    const even = values.filter((_, i) => i % 2 === 0)
    const odd = values.filter((_, i) => i % 2 === 1)
    expect(Math.abs(correlation(even, odd))).toBeLessThan(0.023)
  })

  test('normal(mean, std) shifts and scales', () => {
    const [a, b] = [new Random(3), new Random(3)]
    for (let i = 0; i < 4; i++) expect(b.normal(5, 0.01)).toBe(5 + 0.01 * a.normal())
  })

  test('below: no value is favoured, also where 2^32 is no multiple of n', () => {
    const random = new Random(5)
    const n = 3 * 2 ** 30
    // With a bare remainder the first third would come half of the time.
    const low = draw(20_000, () => random.below(n)).filter((value) => value < n / 3).length
    expect(Math.abs(low / 20_000 - 1 / 3)).toBeLessThan(0.017)
    expect(new Set(draw(200, () => random.below(3)))).toEqual(new Set([0, 1, 2]))
    expect(random.below(1)).toBe(0)
  })

  test('streams of one seed are unrelated, and do not depend on what others drew', () => {
    const streams = ['a', 'b', 0, 1] as const
    const numbers = streams.map((stream) => {
      const random = new Random(9, stream)
      return draw(20_000, () => random.uniform())
    })
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < i; j++) {
        expect(Math.abs(correlation(numbers[i] as number[], numbers[j] as number[]))).toBeLessThan(0.036)
      }
    }
  })

  test.each([[-1], [0.5], [2 ** 53], [Number.NaN], ['1']])('refuses the seed %j', (seed) => {
    expect(() => new Random(seed as number)).toThrow(/seed is .*, expected an integer from 0/)
  })

  test('refuses a stream or a bound that is out of range', () => {
    expect(() => new Random(1, -1)).toThrow(/stream is -1/)
    for (const n of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => new Random(1).below(n)).toThrow(/n is/)
  })
})

describe('permutation', () => {
  test('holds every number once', () => {
    for (const n of [0, 1, 2, 1000]) {
      expect([...permutation(n, 1, 0)].sort((a, b) => a - b)).toEqual(draw(n, () => 0).map((_, i) => i))
    }
  })

  test('depends on seed and epoch, and on no earlier call', () => {
    const third = permutation(100, 1, 3)
    permutation(100, 1, 0)
    expect(permutation(100, 1, 3)).toEqual(third)
    expect(permutation(100, 1, 4)).not.toEqual(third)
    expect(permutation(100, 2, 3)).not.toEqual(third)
    expect([...permutation(8, 1, 0)]).toMatchInlineSnapshot(`
      [
        1,
        7,
        3,
        2,
        4,
        0,
        6,
        5,
      ]
    `)
  })

  test('every order of four is equally likely over epochs', () => {
    const counts = new Map<string, number>()
    for (let epoch = 0; epoch < 24_000; epoch++) {
      const order = permutation(4, 1, epoch).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // Chi-squared with 23 degrees of freedom: mean 23, sd 6.8.
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chi).toBeLessThan(57)
  })

  test('fills a given array without allocating another', () => {
    const into = new Int32Array(10)
    expect(permutation(10, 1, 2, into)).toBe(into)
    expect(into).toEqual(permutation(10, 1, 2))
  })

  test('refuses numbers out of range', () => {
    expect(() => permutation(-1, 1, 0)).toThrow(/n is -1/)
    expect(() => permutation(5, 1, -1)).toThrow(/epoch is -1/)
    expect(() => permutation(5, 1, 0, new Int32Array(4))).toThrow(/into has length 4, expected n = 5/)
  })
})
