// Metrics on the native backend: the same bits for any number of threads, and on real digits.

import { beforeAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../../src/data/dataset.js'
import { mnist } from '../../src/data/mnist.js'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { mae } from '../../src/losses/absolute-error.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { f1 } from '../../src/metrics/f1.js'
import { topK } from '../../src/metrics/top-k.js'
import { Adam } from '../../src/optim/adam.js'
import { Sequential } from '../../src/sequential.js'
import { toyData } from '../model/toy-graph.js'
import * as brute from './brute-force.js'

const { x, y } = toyData(450, 300, 10)
/** A regression's targets. */
const wanted = toyData(450, 12, 2).x
const layers = (outputs: number) => [new Linear(300, 257), new ReLU(), new Linear(257, outputs)]

describe.each(availableIsas())('%s', (isa) => {
  it('1, 2 and 3 threads give the same bits', async () => {
    const results: string[] = []
    for (const threads of [1, 2, 3]) {
      const backend = native({ isa, threads })
      const options = { batchSize: 128, epochs: 2, optimizer: new Adam() }
      const classes = await new Sequential(layers(10), { seed: 9, backend }).fit(x, y, {
        ...options,
        loss: crossEntropy(),
        validationData: { x, y },
        metrics: ['accuracy', topK(3), 'f1', 'confusionMatrix', crossEntropy()],
      })
      const numbers = await new Sequential(layers(12), { seed: 9, backend }).fit(x, wanted, {
        ...options,
        optimizer: new Adam(),
        loss: mse(),
        validationData: { x, y: wanted },
        metrics: ['rmse', 'r2', mae()],
      })
      results.push(JSON.stringify([classes.metrics, classes.valMetrics, numbers.metrics, numbers.valMetrics]))
    }
    expect(new Set(results).size).toBe(1)
  })
})

describe('digits', () => {
  let data: { readonly train: Dataset; readonly test: Dataset }
  beforeAll(async () => {
    data = await mnist()
  }, 60_000)

  it('metrics of a trained network are those of what it predicts', async () => {
    const model = new Sequential([new Linear(50), new ReLU(), new Linear(10)], { seed: 1 })
    const metrics = ['accuracy', topK(3), 'precision', 'recall', f1({ average: 'none' }), 'confusionMatrix'] as const
    const history = await model.fit(data.train, {
      loss: crossEntropy(),
      optimizer: new Adam(),
      batchSize: 100,
      validationData: data.test,
      metrics,
    })
    const measured = (await model.evaluate(data.test, { metrics, batchSize: 333 })).metrics
    const labels = Array.from(data.test.y.data)
    const scores = model.predict(data.test.x).toArray() as number[][]
    const predicted = scores.map(brute.argMax)
    const { list, macro } = brute.perClass(10, labels, predicted)
    const close = (value: number) => expect.closeTo(value, 12)
    expect(measured).toEqual({
      accuracy: brute.accuracy(labels, predicted),
      top3: brute.topK(3, labels, scores),
      precision: close(macro('precision')),
      recall: close(macro('recall')),
      f1: list('f1').map(close),
      confusionMatrix: brute.confusionMatrix(10, labels, predicted),
    })
    expect(measured.accuracy).toBeGreaterThan(0.9)
    expect(history.valMetrics.accuracy).toEqual([measured.accuracy])
    expect(history.metrics.accuracy?.[0]).toBeCloseTo(history.accuracy[0] as number, 12)
    const [counts] = history.metrics.confusionMatrix as number[][][]
    expect(counts?.flat().reduce((sum, n) => sum + n)).toBe(60_000)
  }, 60_000)
})
