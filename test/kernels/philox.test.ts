// Philox4x32-10 against the published answers of Random123 (tests/kat_vectors), and the uniform numbers made from it.

import { describe, expect, it } from 'vitest'
import { philox4x32 } from '../../src/random/philox.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'

type Six = readonly [number, number, number, number, number, number]
const ones = 0xffffffff

describe('philox4x32', () => {
  it.each<readonly [Six, readonly number[]]>([
    [
      [0, 0, 0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ones, ones, ones, ones, ones, ones],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('%j', (counterAndKey, expected) => {
    const words = new Uint32Array(4)
    philox4x32(words, ...counterAndKey)
    expect([...words]).toEqual(expected)
  })
})

describe.each(testBackends())('$name', ({ kernels }) => {
  it('randomUniform puts element, stream, step and seed where its declaration says', () => {
    // The third published answer, as element 4 · 0x243f6a88 would be out of reach; so by the words themselves.
    const words = new Uint32Array(4)
    const [seed, step, stream] = [0x1_2345_6789_abcd, 0x1f_0000_0007, 0xfedcba98]
    const y = new Tensor(new Float32Array(11), [11])
    kernels.randomUniform({ y, n: 11, seed, stream, step })
    const expected = Array.from({ length: 11 }, (_, i) => {
      philox4x32(words, Math.floor(i / 4), stream, 7, 0x1f, 0x6789abcd, 0x12345)
      return ((words[i % 4] as number) >>> 8) / 2 ** 24
    })
    expect(Array.from(y.data)).toEqual(expected)
  })

  it('randomUniform has the mean and variance of [0, 1)', () => {
    const n = 40_000
    const y = new Tensor(new Float32Array(n), [n])
    kernels.randomUniform({ y, n, seed: 1, stream: 0, step: 0 })
    let [sum, squares] = [0, 0]
    for (const value of y.data) {
      sum += value
      squares += (value - 0.5) ** 2
    }
    // 5 standard deviations: sqrt(1/12 / n), and sqrt(1/180 / n) of the squares.
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(squares / n - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n))
  })
})
