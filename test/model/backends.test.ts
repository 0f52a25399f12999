// Backends are values behind one seam: a model is handed one, and asks no further.

import { expect, test } from 'vitest'
import { type Backend, native, reference } from '../../src/index.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Linear } from '../../src/layers/linear.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { Sequential } from '../../src/sequential.js'
import { arange, type tensor } from '../../src/tensor/create.js'
import { hasNative } from '../setup/backend.js'
import { toyData } from './toy-graph.js'

const { x, y } = toyData(50, 6, 3)

/** Predictions of a model trained for 3 epochs. */
async function trainedOn(backend: Backend): Promise<ReturnType<typeof tensor>> {
  const layers = [new Linear(6, 8), new BatchNorm(), new Sigmoid(), new Dropout(0.2), new Linear(8, 3)]
  const model = new Sequential(layers, { seed: 1, backend })
  await model.fit(x, y, { epochs: 3, batchSize: 20, loss: crossEntropy(), optimizer: new Adam() })
  expect(model.backend).toBe(backend)
  return model.predict(x)
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))))
}

test('row 101: a backend from elsewhere gets all the work of a model, and gives the same bits', async () => {
  const inner = reference()
  const asked = { allocate: 0, compile: 0 }
  const other: Backend = {
    ...inner,
    allocate(bytes) {
      asked.allocate++
      return inner.allocate(bytes)
    },
    compile(program, lock) {
      asked.compile++
      return inner.compile(program, lock)
    },
  }
  const [expected, got] = [await trainedOn(inner), await trainedOn(other)]
  expect([...got.data]).toEqual([...expected.data])
  // A plan to train by and one to predict by, each in memory of its own.
  expect(asked.compile).toBe(2)
  expect(asked.allocate).toBeGreaterThan(2)
})

test.skipIf(!hasNative)('row 101: one model on native, in float32 and in float64 agrees but for rounding', async () => {
  const double = await trainedOn(reference({ dtype: 'float64' }))
  expect(double.element).toBe('float64')
  for (const backend of [native(), native({ threads: 1 }), reference()]) {
    const single = await trainedOn(backend)
    expect(single.element).toBe('float32')
    expect(largestGap(single.data, double.data)).toBeLessThan(1e-4)
  }
})

test('row 101: arrays as NumPy makes them: arange(6).reshape(2, 3), float32', () => {
  const a = arange(6).reshape(2, 3)
  expect([a.element, a.toArray()]).toEqual([
    'float32',
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ])
})
