// Batch normalisation: its gradient against central differences in float64, and on every backend what parity within
// bounds does not say: means far from 0, empty and single-element batches, NaN, and the running statistics.

import { describe, expect, it } from 'vitest'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'
import { randomOf, uniform } from './values.js'

const tensor64 = (values: readonly number[]): Tensor => new Tensor(Float64Array.from(values), [values.length])
const real = (values: readonly number[]): Tensor => new Tensor(Float32Array.from(values), [values.length])
const empty = (length: number): Tensor => real(new Array<number>(length).fill(-77))
const normals = (length: number, seed: number): number[] => {
  const next = uniform(randomOf(seed), -2, 2)
  return Array.from({ length }, next)
}

describe('reference float64', () => {
  const kernels = referenceKernels('float64')

  it.each([
    { rows: 5, channels: 3, places: 1, affine: true },
    { rows: 3, channels: 2, places: 4, affine: true },
    { rows: 4, channels: 2, places: 3, affine: false },
  ])('batchNormBackward is the gradient of batchNormForward: $rows rows, $channels channels, $places places', (c) => {
    const { rows, channels, places, affine } = c
    const shape = { rows, channels, places, epsilon: 1e-3 }
    const size = rows * channels * places
    const [x, dy] = [normals(size, 1), normals(size, 2)]
    const [scale, shift] = [normals(channels, 3), normals(channels, 4)]
    const [mean, variance, y] = [tensor64(scale), tensor64(scale), tensor64(x)]
    /** Σ dy · y, whose gradients backward computes. */
    const loss = (at: readonly number[], scales: readonly number[], shifts: readonly number[]): number => {
      const parameters = affine ? { scale: tensor64(scales), shift: tensor64(shifts) } : {}
      kernels.batchNormForward({ y, mean, variance, x: tensor64(at), ...parameters, ...shape })
      return dy.reduce((total, d, i) => total + d * (y.data[i] as number), 0)
    }
    /** Central differences of f: with steps of 1e-5 about nine digits are right. */
    const slopes = (values: readonly number[], f: (moved: readonly number[]) => number): number[] =>
      values.map((value, i) => (f(values.with(i, value + 1e-5)) - f(values.with(i, value - 1e-5))) / 2e-5)

    loss(x, scale, shift)
    const [dx, dScale, dShift] = [tensor64(x), tensor64(scale), tensor64(scale)]
    const factor = affine ? { scale: tensor64(scale) } : {}
    kernels.batchNormBackward({
      dx,
      dScale,
      dShift,
      dy: tensor64(dy),
      x: tensor64(x),
      mean,
      variance,
      ...factor,
      ...shape,
    })
    const farthest = (actual: Tensor, expected: readonly number[]): number =>
      expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual.data[i] as number))), 0)
    expect(
      farthest(
        dx,
        slopes(x, (moved) => loss(moved, scale, shift)),
      ),
    ).toBeLessThan(1e-8)
    if (!affine) return
    expect(
      farthest(
        dScale,
        slopes(scale, (moved) => loss(x, moved, shift)),
      ),
    ).toBeLessThan(1e-8)
    expect(
      farthest(
        dShift,
        slopes(shift, (moved) => loss(x, scale, moved)),
      ),
    ).toBeLessThan(1e-8)
  })
})

describe.each(testBackends())('$name', ({ kernels }) => {
  const batches = [
    { rows: 64, channels: 37, places: 1 },
    { rows: 4, channels: 3, places: 50 },
  ]

  it.each(batches)(
    'the output has mean 0 and variance 1, also far from 0: $places places',
    ({ rows, channels, places }) => {
      const count = rows * places
      const values = normals(count * channels, 1).map((value) => Math.fround(value + 1000))
      const [y, mean, variance] = [empty(values.length), empty(channels), empty(channels)]
      kernels.batchNormForward({ y, mean, variance, x: real(values), rows, channels, places, epsilon: 1e-5 })
      for (let c = 0; c < channels; c++) {
        let [total, squares] = [0, 0]
        values.forEach((_, i) => {
          if (Math.floor(i / places) % channels !== c) return
          total += y.data[i] as number
          squares += (y.data[i] as number) ** 2
        })
        // The mean, about 1000, has a float32's error of some 1e-4; a variance taken as Σx²/M - mean² would have lost all.
        expect(Math.abs(total / count)).toBeLessThan(1e-3)
        expect(Math.abs(squares / count - 1)).toBeLessThan(1e-3)
      }
    },
  )

  it.each(batches)('evaluation by the batch’s own statistics gives the same: $places places', (shape) => {
    const { rows, channels, places } = shape
    const x = real(normals(rows * channels * places, 5))
    const [scale, shift] = [real(normals(channels, 6)), real(normals(channels, 7))]
    const [y, evaluated, mean, variance] = [empty(x.size), empty(x.size), empty(channels), empty(channels)]
    kernels.batchNormForward({ y, mean, variance, x, scale, shift, ...shape, epsilon: 1e-5 })
    kernels.batchNormEvaluate({ y: evaluated, x, mean, variance, scale, shift, ...shape, epsilon: 1e-5 })
    // To the bit natively; the reference's forward pass goes on with its statistics in doubles.
    const most = Math.max(...Array.from(y.data, (value, i) => Math.abs(value - (evaluated.data[i] as number))))
    expect(most).toBeLessThan(1e-5)
  })

  it('a batch of one element gives the shift, an empty one mean and variance 0 and no gradients', () => {
    const [y, mean, variance] = [empty(3), empty(3), empty(3)]
    const shift = real([1, 2, 3])
    kernels.batchNormForward({
      y,
      mean,
      variance,
      x: real([7, -8, 9]),
      shift,
      rows: 1,
      channels: 3,
      places: 1,
      epsilon: 1e-5,
    })
    expect([...y.data, ...mean.data, ...variance.data]).toEqual([1, 2, 3, 7, -8, 9, 0, 0, 0])
    for (const places of [1, 4]) {
      const none = { rows: 0, channels: 3, places, epsilon: 1e-5 }
      kernels.batchNormForward({ y: empty(0), mean, variance, x: empty(0), ...none })
      expect([...mean.data, ...variance.data]).toEqual([0, 0, 0, 0, 0, 0])
      const [dScale, dShift] = [real([4, 5, 6]), empty(3)]
      const inputs = { dx: empty(0), dy: empty(0), x: empty(0), mean, variance }
      kernels.batchNormBackward({ ...inputs, dScale, dShift, ...none })
      expect([...dScale.data, ...dShift.data]).toEqual([0, 0, 0, 0, 0, 0])
    }
  })

  it('NaN makes its own channel NaN, no other', () => {
    for (const places of [1, 5, 23]) {
      const [rows, channels] = [6, 19]
      const values = normals(rows * channels * places, 8)
      values[(2 * channels + 11) * places + places - 1] = Number.NaN
      const [y, mean, variance] = [empty(values.length), empty(channels), empty(channels)]
      kernels.batchNormForward({ y, mean, variance, x: real(values), rows, channels, places, epsilon: 1e-5 })
      const wrong = y.data.findIndex((value: number, i: number) => {
        return Number.isNaN(value) !== (Math.floor(i / places) % channels === 11)
      })
      expect(wrong).toBe(-1)
      expect(mean.data[11]).toBeNaN()
      expect(variance.data[11]).toBeNaN()
    }
  })

  it('running statistics converge to the mean and the unbiased variance', () => {
    const [runningMean, runningVariance] = [real([0]), real([1])]
    const batch = { mean: real([3]), variance: real([2]), channels: 1, count: 5, momentum: 0.5 }
    for (let step = 0; step < 40; step++) kernels.batchNormUpdate({ runningMean, runningVariance, ...batch })
    expect(runningMean.data[0]).toBeCloseTo(3, 5)
    expect(runningVariance.data[0]).toBeCloseTo(2.5, 5)
    kernels.batchNormUpdate({ runningMean, runningVariance, ...batch, momentum: 1, unbiased: 0 })
    expect(runningVariance.data[0]).toBe(2)
  })
})
