// Dropout on every backend: which elements it keeps is a matter of randomUniform alone, exactly.

import { describe, expect, it } from 'vitest'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'

const real = (values: ArrayLike<number>): Tensor => new Tensor(Float32Array.from(values), [values.length])
const n = 10_003
const place = { n, seed: 12345678901, stream: 3, step: 7 }

describe.each(testBackends())('$name', ({ kernels }) => {
  const [uniforms, y] = [real(new Float32Array(n)), real(new Float32Array(n))]
  const x = real(Array.from({ length: n }, (_, i) => i + 1))

  it('keeps the elements whose uniform number is at least the probability', () => {
    kernels.randomUniform({ y: uniforms, ...place })
    // Among them numbers that are uniforms themselves, and their neighbours in float64, which no float32 tells apart.
    const several = [uniforms.data[0], uniforms.data[17], uniforms.data[n - 1]].flatMap((value: number) => [
      value,
      value * (1 + 2 ** -52),
      value * (1 - 2 ** -53),
    ])
    for (const probability of [0, 2 ** -24, 0.1, 1 / 3, 0.5, 1 - 2 ** -24, 1, -1, 2, Number.NaN, ...several]) {
      kernels.dropout({ y, x, ...place, probability, scale: 2 })
      const wrong = y.data.findIndex((value: number, i: number) => {
        return value !== (uniforms.data[i] >= probability ? 2 * x.data[i] : 0)
      })
      expect(wrong, `probability ${probability}`).toBe(-1)
    }
  })

  it('drops about its share, and the same elements in place and in the backward pass', () => {
    const call = { ...place, probability: 0.3, scale: 1 / 0.7 }
    kernels.dropout({ y, x, ...call })
    const kept = y.data.filter((value: number) => value !== 0).length
    // Six deviations of a binomial with 10,003 draws: 6 · √(n · 0.3 · 0.7).
    expect(Math.abs(kept - 0.7 * n)).toBeLessThan(6 * Math.sqrt(n * 0.21))
    const inPlace = real(x.data)
    kernels.dropout({ y: inPlace, x: inPlace, ...call })
    expect(Buffer.compare(Buffer.from(inPlace.data.buffer), Buffer.from(y.data.buffer))).toBe(0)
  })

  it('a dropped NaN or infinity is 0', () => {
    const bad = real(new Float32Array(n).fill(Number.NaN))
    kernels.dropout({ y: bad, x: bad, ...place, probability: 1, scale: 1 })
    expect(bad.data.every((value: number) => value === 0)).toBe(true)
  })
})
