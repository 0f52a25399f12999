// Rows 76 to 80 of the notes: where weights begin.

import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  constant,
  type Fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  lecunNormal,
  normal,
  toInitialiser,
  torchUniform,
  uniform,
  zeros,
} from '../../src/layers/initialisers.js'
import { Linear } from '../../src/layers/linear.js'
import { Random } from '../../src/random/random.js'
import { failureOf } from '../failure.js'

const loosely = (value: unknown): never => value as never
const fans: Fans = { fanIn: 50, fanOut: 150 }
const count = 40_000

function draw(initialiser: Initialiser, seed = 2, given = fans): Float64Array {
  return Float64Array.from({ length: count }, initialiser(new Random(seed), [count], given))
}
function moments(values: Float64Array): { mean: number; std: number; kurtosis: number; largest: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / count
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count
  const fourth = values.reduce((sum, x) => sum + (x - mean) ** 4, 0) / count
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
  return { mean, std: Math.sqrt(variance), kurtosis: fourth / variance ** 2, largest }
}

describe('initialisers', () => {
  const normals: [string, Initialiser, number][] = [
    ['normal(0.01) (row 77)', normal(0.01), 0.01],
    ['lecunNormal (row 78)', lecunNormal(), 1 / Math.sqrt(50)],
    ['heNormal (row 79)', heNormal(), Math.sqrt(2 / 50)],
    ['glorotNormal', glorotNormal(), Math.sqrt(2 / 200)],
  ]
  it.each(normals)('%s is normal, with its standard deviation', (_, initialiser, std) => {
    const { mean, std: measured, kurtosis } = moments(draw(initialiser))
    // Standard deviations over 40,000 samples: of the mean std / 200, of std 0.35 %, of the kurtosis 0.024.
    expect(Math.abs(mean / std)).toBeLessThan(0.02)
    expect(Math.abs(measured / std - 1)).toBeLessThan(0.014)
    expect(Math.abs(kurtosis - 3)).toBeLessThan(0.1)
  })
  const uniforms: [string, Initialiser, number][] = [
    ['uniform(0.2)', uniform(0.2), 0.2],
    ['torchUniform', torchUniform(), 1 / Math.sqrt(50)],
    ['heUniform', heUniform(), Math.sqrt(6 / 50)],
    ['glorotUniform', glorotUniform(), Math.sqrt(6 / 200)],
  ]
  it.each(uniforms)('%s is uniform within its bound', (_, initialiser, bound) => {
    const { mean, std, kurtosis, largest } = moments(draw(initialiser))
    expect(Math.abs(mean / bound)).toBeLessThan(0.012)
    expect(Math.abs((std * Math.sqrt(3)) / bound - 1)).toBeLessThan(0.01)
    expect(Math.abs(kurtosis - 1.8)).toBeLessThan(0.03)
    expect([largest <= bound, largest > 0.999 * bound]).toEqual([true, true])
  })
  it('normal and uniform forms of one rule have the same standard deviation', () => {
    for (const [a, b] of [
      [heNormal(), heUniform()],
      [glorotNormal(), glorotUniform()],
    ] as const) {
      expect(Math.abs(moments(draw(a)).std / moments(draw(b)).std - 1)).toBeLessThan(0.02)
    }
  })
  it('take the fans of a convolution (row 80): 3·5·5 inputs, not 5·5', () => {
    const convolution = { fanIn: 3 * 5 * 5, fanOut: 16 * 5 * 5 }
    expect(moments(draw(heNormal(), 2, convolution)).std / Math.sqrt(2 / 75)).toBeCloseTo(1, 1)
    expect(moments(draw(glorotNormal(), 2, convolution)).std / Math.sqrt(2 / 475)).toBeCloseTo(1, 1)
  })
  it('follow the seed', () => {
    expect(draw(heNormal(), 7)).toEqual(draw(heNormal(), 7))
    expect(draw(heNormal(), 7)[0]).not.toBe(draw(heNormal(), 8)[0])
  })
  it('constant and zeros', () => {
    expect([draw(constant(0.5))[3], draw(zeros())[3]]).toEqual([0.5, 0])
  })
  it('refuse numbers out of range', async () => {
    for (const make of [() => normal(-1), () => uniform(Number.NaN), () => constant(loosely('a'))]) {
      expect((await failureOf(make)).code).toBe('ERR_ARGUMENT')
    }
  })
})

describe('toInitialiser (row 80)', () => {
  it('knows functions, names and standard deviations', () => {
    const same = heUniform()
    expect(toInitialiser('', same)).toBe(same)
    for (const [name, expected] of [
      ['he', heNormal()],
      ['lecun', lecunNormal()],
      ['glorot', glorotNormal()],
      ['zeros', zeros()],
      [0.01, normal(0.01)],
    ] as const) {
      expect(draw(toInitialiser('', name), 3).subarray(0, 9)).toEqual(draw(expected, 3).subarray(0, 9))
    }
  })
  it('names what it takes', async () => {
    for (const value of ['toString', 'He', -1, Number.NaN, null, {}]) {
      const { code, message } = await failureOf(() => toInitialiser('Linear: init', loosely(value)))
      expect(code).toBe('ERR_ARGUMENT')
      expect(message).toMatch(
        /^Linear: init is .*, expected an initialiser such as normal\(0\.01\), 'he', 'lecun', 'gl/,
      )
    }
    const xavier = await failureOf(() => toInitialiser('init', loosely('xavier')))
    expect(xavier.message).toMatch(/'xavier' is 'glorot' in most libraries and 'lecun' in the book/)
  })
})

describe('weights that are all equal (row 76)', () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.resetModules()
  })
  /** Builds layers in modules of their own, since the warning comes once in a process; returns the warnings. */
  async function warningsOf(use: (modules: typeof import('../../src/layers/linear.js')) => void): Promise<unknown[][]> {
    vi.resetModules()
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    use(await import('../../src/layers/linear.js'))
    return warn.mock.calls
  }
  it('are warned about, once', async () => {
    const calls = await warningsOf(({ Linear }) => {
      new Linear(3, 2, { init: 'zeros' }).forward([[1, 2, 3]])
      new Linear(3, 2, { init: constant(0.5) }).forward([[1, 2, 3]])
    })
    expect(calls).toEqual([
      [
        expect.stringMatching(/^Linear: all weights \(3, 2\) begin as 0\. .*stay equal.*'he'/),
        { type: 'NetwrightWarning', code: 'NETWRIGHT_ZERO_INIT' },
      ],
    ])
  })
  it('whatever made them equal', async () => {
    expect((await warningsOf(({ Linear }) => new Linear(3, 2, { init: 0 }).forward([[1, 2, 3]]))).length).toBe(1)
  })
  it('do no harm with one output, in biases, or in a single weight', async () => {
    const calls = await warningsOf(({ Linear }) => {
      new Linear(3, 1, { init: 'zeros' }).forward([[1, 2, 3]])
      new Linear(3, 2, { biasInit: 'zeros' }).forward([[1, 2, 3]])
      new Linear(1, 1, { init: 'zeros' }).forward([[1]])
    })
    expect(calls).toEqual([])
  })
})

describe('an initialiser without its call, or one that is none', () => {
  it('is named, with what was meant', async () => {
    const refused = await failureOf(() => toInitialiser('Linear: init', loosely(heNormal)))
    expect(refused).toEqual({
      code: 'ERR_ARGUMENT',
      message: 'Linear: init is heNormal itself, expected what it makes: heNormal()',
    })
    expect((await failureOf(() => toInitialiser('x', loosely(normal)))).message).toMatch(/normal\(…\)$/)
    const list = new Linear(2, 2, { init: loosely(() => [1, 2]) })
    expect((await failureOf(() => list.forward([[1, 2]]))).message).toMatch(
      /an initialiser answered \[1, 2\], expected a/,
    )
  })
})
