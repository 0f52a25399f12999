// Clipping by norm and by value in fit, against the same by hand.

import { describe, expect, it } from 'vitest'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import type { FitOptions } from '../../src/train/options.js'
import { testBackends } from '../backends.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { eachBatch, normOf, updater } from './by-hand-batches.js'

const data = toyData(37, 12, 4)
const plain = { batchSize: 8, shuffle: false, loss: crossEntropy() }

describe.each(trainingBackends())('%s', (_, backend) => {
  const make = () => new Sequential([new Linear(12, 30), new ReLU(), new Linear(4)], { seed: 1, backend })

  it('clipNorm scales all gradients together, to the bits of the same by hand', async () => {
    for (const clipNorm of [0.2, 0.9, 1e-3]) {
      const planned = make()
      await planned.fit(data.x, data.y, { ...plain, optimizer: new SGD({ lr: 0.5 }), clipNorm })
      const hand = make()
      hand.forward(data.x)
      const update = updater(hand, new SGD({ lr: 0.5 }))
      let clipped = 0
      eachBatch(hand, data, 8, crossEntropy(), () => {
        // As the plan stores it: weights and biases apart, rounded.
        const [weights, biases] = [true, false].map((decay) => {
          const gradients = hand.parameters.filter((parameter) => parameter.decay === decay)
          return Math.fround(normOf(gradients.map(({ gradient }) => gradient)) / 64)
        }) as [number, number]
        const norm = Math.sqrt(4096 * (weights * weights + biases * biases))
        const factor = clipNorm / (norm + 1e-6)
        const { kernels } = backend
        if (factor < 1) {
          clipped++
          for (const x of hand.grads) kernels.scale({ y: x, x, n: x.size, alpha: factor })
          expect(normOf(hand.grads)).toBeCloseTo(clipNorm, 5)
        }
        update()
      })
      expect(clipped).toBeGreaterThan(0)
      expect(weightBits(planned)).toBe(weightBits(hand))
    }
  })

  it('clipValue bounds each element, and comes before clipNorm', async () => {
    const planned = make()
    const [limit, clipNorm] = [Math.fround(0.01), 0.03]
    await planned.fit(data.x, data.y, { ...plain, optimizer: new SGD({ lr: 0.5 }), clipValue: limit, clipNorm })
    const hand = make()
    hand.forward(data.x)
    const update = updater(hand, new SGD({ lr: 0.5 }))
    eachBatch(hand, data, 8, crossEntropy(), () => {
      for (const { data: gradient } of hand.grads) {
        gradient.forEach((value, i) => {
          gradient[i] = Math.min(Math.max(value, -limit), limit)
        })
      }
      const factor = Math.min(1, clipNorm / (normOf(hand.grads) + 1e-6))
      for (const { data: gradient } of hand.grads) {
        gradient.forEach((value, i) => {
          gradient[i] = value * factor
        })
      }
      update()
    })
    planned.params.forEach(({ data: values }, i) => {
      values.forEach((value, j) => {
        expect(value).toBeCloseTo(hand.params[i]?.data[j] as number, 5)
      })
    })
  })

  it('a limit that nothing reaches changes no bit', async () => {
    const [limited, free] = [make(), make()]
    await limited.fit(data, { ...plain, optimizer: new Adam(), clipNorm: 1e6, clipValue: 1e6 })
    await free.fit(data, { ...plain, optimizer: new Adam() })
    expect(weightBits(limited)).toBe(weightBits(free))
  })
})

it('in float64, one step: weight - lr · gradient · min(1, clipNorm / (norm + 1e-6))', async () => {
  const model = new Sequential([new Linear(2, 1, { bias: false })], { backend: reference({ dtype: 'float64' }) })
  model.params[0]?.data.set([0.5, -0.25])
  // Output 0.5 · 3 - 0.25 · 4 = 0.5; half of 2 · (0.5 - 2.5) · (3, 4) twice: mean over one element.
  await model.fit({ x: [[3, 4]], y: [[2.5]] }, { loss: mse(), optimizer: new SGD({ lr: 0.1 }), clipNorm: 2 })
  const factor = 2 / (20 + 1e-6)
  expect(model.params[0]?.data[0]).toBeCloseTo(0.5 + 0.1 * 12 * factor, 15)
  expect(model.params[0]?.data[1]).toBeCloseTo(-0.25 + 0.1 * 16 * factor, 15)
})

describe.each(testBackends())('$name kernels', ({ kernels }) => {
  const real = (values: readonly number[]) => new Tensor(Float32Array.from(values), [values.length])
  it.each([
    [1e19, 1],
    [3e38, 1],
    [3e38, 1e-5],
    [1e-19, 1e-20],
  ])('gradients of %d are clipped to a norm of %d without overflow or underflow', (size, limit) => {
    const n = 10_000
    const x = real(Array.from({ length: n }, (_, i) => (i % 2 === 0 ? size : -size)))
    const roots = real([0, 0, 0])
    const common = { roots, divisor: 4096, length: 3 }
    kernels.rootMeanSquares({ ...common, x, rows: 2, cols: 4096 })
    kernels.rootMeanSquares({ ...common, x: x.slice(8192), rows: 1, cols: n - 8192, at: 2 })
    kernels.clipByNorm({ x, roots, n, count: 3, divisor: 4096, limit })
    const norm = Math.sqrt(n) * Math.fround(size)
    const expected = Math.fround(size) * Math.min(1, limit / (norm + 1e-6))
    for (const value of x.data) expect(Math.abs(Math.abs(value) / expected - 1)).toBeLessThan(1e-6)
  })

  it('clipByValue keeps NaN', () => {
    const x = real([Number.NaN, 2, -2, Number.POSITIVE_INFINITY, 0.25])
    kernels.clipByValue({ x, n: 5, limit: 1 })
    expect(Array.from(x.data)).toEqual([Number.NaN, 1, -1, 1, 0.25])
  })
})

it.each([
  [{ clipNorm: 0 }, /fit: clipNorm is 0, expected a finite number above 0/],
  [{ clipNorm: '1' }, /fit: clipNorm is "1"/],
  [{ clipValue: -1 }, /fit: clipValue is -1, expected a finite number above 0/],
])('refuses %j', async (wrong, message) => {
  const model = new Sequential([new Linear(12, 4)])
  const options = { ...plain, optimizer: new SGD(), ...wrong } as unknown as FitOptions
  await expect(model.fit(data, options)).rejects.toThrow(message as RegExp)
})
