// Metrics against brute force, over random scores, batches and backends, and what they refuse.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { Identity } from '../../src/layers/reshape.js'
import { huber, mae } from '../../src/losses/absolute-error.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { hinge } from '../../src/losses/hinge.js'
import { mse } from '../../src/losses/squared-error.js'
import { accuracy } from '../../src/metrics/accuracy.js'
import { auc } from '../../src/metrics/auc.js'
import { confusionMatrix } from '../../src/metrics/confusion-matrix.js'
import { f1 } from '../../src/metrics/f1.js'
import type { MetricLike } from '../../src/metrics/metrics.js'
import { precision } from '../../src/metrics/precision.js'
import { r2 } from '../../src/metrics/r2.js'
import { recall } from '../../src/metrics/recall.js'
import { rmse } from '../../src/metrics/rmse.js'
import { topK } from '../../src/metrics/top-k.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { tensor } from '../../src/tensor/create.js'
import { randomOf, uniform, whole } from '../kernels/values.js'
import { hasNative } from '../setup/backend.js'
import * as brute from './brute-force.js'

const backends: (readonly [string, Backend])[] = [
  ['reference', reference()],
  ['float64 reference', reference({ dtype: 'float64' })],
]
if (hasNative) backends.push(['native', native()])

const runs = { numRuns: 40 }
/** Samples, so few to a batch that the last one is often smaller, and a seed for their numbers. */
const passes = {
  samples: fc.integer({ min: 1, max: 70 }),
  batchSize: fc.integer({ min: 1, max: 33 }),
  seed: fc.nat(2 ** 20),
}
const listOf = (length: number, next: () => number): number[] => Array.from({ length }, next)
const rowsOf = (count: number, width: number, next: () => number): number[][] =>
  Array.from({ length: count }, () => listOf(width, next))

/** Values from -2 to 2 in halves: many are equal. */
const halves = (seed: number): (() => number) => {
  const next = whole(randomOf(seed), 9)
  return () => (next() - 4) / 2
}

describe.each(backends)('%s', (_, backend) => {
  /** The prediction is the sample. */
  const echo = () => new Sequential([new Identity()], { backend })

  it('of classes', async () => {
    const cases = fc.record({ ...passes, classes: fc.integer({ min: 2, max: 9 }), ignores: fc.boolean() })
    const property = fc.asyncProperty(cases, async ({ samples, batchSize, seed, classes, ignores }) => {
      const scores = rowsOf(samples, classes, halves(seed))
      const labelAt = whole(randomOf(seed + 1), classes)
      const isLeftOut = ignores ? randomOf(seed + 2) : () => 1
      const given = listOf(samples, () => (isLeftOut() < 0.3 ? 255 : labelAt()))
      const left = given.flatMap((label, i) => (label === 255 ? [] : [i]))
      const labels = left.map((i) => given[i] as number)
      const leftScores = left.map((i) => scores[i] as number[])
      const predicted = leftScores.map(brute.argMax)
      const { metrics } = await echo().evaluate(scores, given, {
        loss: crossEntropy(ignores ? { ignoreIndex: 255 } : {}),
        batchSize,
        metrics: [
          'accuracy',
          topK(1),
          topK(2),
          precision(),
          recall(),
          f1(),
          precision({ average: 'none', name: 'precisions' }),
          recall({ average: 'none', name: 'recalls' }),
          f1({ average: 'none', name: 'f1s' }),
          confusionMatrix(),
        ],
      })
      const { list, macro } = brute.perClass(classes, labels, predicted)
      const close = (value: number) => (Number.isNaN(value) ? Number.NaN : expect.closeTo(value, 12))
      expect(metrics).toEqual({
        accuracy: brute.accuracy(labels, predicted),
        top1: brute.topK(1, labels, leftScores),
        top2: brute.topK(2, labels, leftScores),
        precision: close(macro('precision')),
        recall: close(macro('recall')),
        f1: close(macro('f1')),
        precisions: list('precision').map(close),
        recalls: list('recall').map(close),
        f1s: list('f1').map(close),
        confusionMatrix: brute.confusionMatrix(classes, labels, predicted),
      })
    })
    await fc.assert(property, runs)
  })

  it('of one output that says yes or no, with labels and with rows', async () => {
    const cases = fc.record({ ...passes, dense: fc.boolean(), hinges: fc.boolean() })
    const property = fc.asyncProperty(cases, async ({ samples, batchSize, seed, dense, hinges }) => {
      const scores = rowsOf(samples, 1, halves(seed))
      const labels = listOf(samples, whole(randomOf(seed + 1), 2))
      const no = hinges ? -1 : 0
      const rows = labels.map((label) => [label === 1 ? 1 : no])
      const predicted = scores.map(([score]) => ((score as number) > 0 ? 1 : 0))
      const { metrics } = await echo().evaluate(scores, dense ? rows : labels, {
        loss: hinges ? hinge() : binaryCrossEntropy(),
        batchSize,
        metrics: ['accuracy', 'auc', f1(), recall({ average: 'binary' }), confusionMatrix()],
      })
      const { list, macro } = brute.perClass(2, labels, predicted)
      expect(metrics.accuracy).toBe(brute.accuracy(labels, predicted))
      expect(metrics.auc).toBe(brute.auc(labels, scores.flat()))
      expect(metrics.f1).toBeCloseTo(macro('f1'), 12)
      expect(metrics.recall).toBe(list('recall')[1])
      expect(metrics.confusionMatrix).toEqual(brute.confusionMatrix(2, labels, predicted))
    })
    await fc.assert(property, runs)
  })

  it('AUC of two outputs is that of their difference, ties counted half', async () => {
    const property = fc.asyncProperty(fc.record(passes), async ({ samples, batchSize, seed }) => {
      const scores = rowsOf(samples, 2, halves(seed))
      const labels = listOf(samples, whole(randomOf(seed + 1), 2))
      const oneHot = labels.map((label) => [1 - label, label])
      const options = { loss: crossEntropy(), batchSize, metrics: [auc()] } as const
      const differences = scores.map(([no, yes]) => (yes as number) - (no as number))
      const expected = brute.auc(labels, differences)
      expect((await echo().evaluate(scores, labels, options)).metrics.auc).toBe(expected)
      expect((await echo().evaluate(scores, oneHot, options)).metrics.auc).toBe(expected)
    })
    await fc.assert(property, runs)
  })

  it('of numbers', async () => {
    const cases = fc.record({ ...passes, outputs: fc.integer({ min: 1, max: 4 }), offset: fc.constantFrom(0, 1000) })
    const property = fc.asyncProperty(cases, async ({ samples, batchSize, seed, outputs, offset }) => {
      const next = uniform(randomOf(seed), -3, 3)
      const rows = () => rowsOf(samples + 1, outputs, () => Math.fround(next() + offset))
      const [predicted, wanted] = [rows(), rows()]
      const { loss, metrics } = await echo().evaluate(predicted, wanted, {
        loss: mse(),
        batchSize,
        metrics: [mae(), rmse(), r2(), 'mse'],
      })
      // A sample's errors are float32 sums; R² is computed in float64 from the numbers themselves.
      const expected = { mae: brute.mae(wanted, predicted), rmse: brute.rmse(wanted, predicted) }
      expect(Math.abs((metrics.mae as number) / expected.mae - 1)).toBeLessThan(1e-6)
      expect(Math.abs(metrics.rmse / expected.rmse - 1)).toBeLessThan(1e-6)
      const actual = brute.r2(wanted, predicted)
      expect(Math.abs(metrics.r2 - actual)).toBeLessThan(1e-9 * (1 + Math.abs(actual)))
      expect(Math.abs((metrics.mse as number) / loss - 1)).toBeLessThan(1e-6)
    })
    await fc.assert(property, runs)
  })

  it('R² of targets that are all the same', async () => {
    const of = async (predicted: number[][]) =>
      (await echo().evaluate(predicted, [[2], [2]], { loss: mse(), metrics: ['r2'] })).metrics.r2
    expect(await of([[2], [2]])).toBe(1)
    expect(await of([[2], [3]])).toBe(0)
  })

  it('by hand', async () => {
    const scores = [
      [3, 1, 2],
      [3, 1, 2],
      [0, 5, 1],
      [0, 1, 5],
      [9, 8, 7],
    ]
    const { metrics } = await echo().evaluate(scores, [0, 2, 1, 1, 2], {
      loss: crossEntropy(),
      batchSize: 2,
      metrics: [accuracy(), topK(2), confusionMatrix(), precision({ average: 'none' }), recall()],
    })
    expect(metrics).toEqual({
      accuracy: 0.4,
      top2: 0.8,
      confusionMatrix: [
        [1, 0, 0],
        [0, 1, 1],
        [2, 0, 0],
      ],
      precision: [1 / 3, 1, 0],
      recall: 0.5,
    })
    const rates = { loss: binaryCrossEntropy(), metrics: ['auc'] } as const
    expect((await echo().evaluate([[1], [2], [2], [3]], [0, 0, 1, 1], rates)).metrics.auc).toBe(3.5 / 4)
    expect((await echo().evaluate([[1], [2]], [1, 1], rates)).metrics.auc).toBeNaN()
  })

  it('of training and validation go into the logs and the history', async () => {
    const x = rowsOf(50, 3, halves(1))
    const y = listOf(50, whole(randomOf(2), 4))
    const model = new Sequential([new Linear(3, 4)], { seed: 3, backend })
    const metrics = [topK(2), f1({ average: 'none' }), crossEntropy()] as const
    // A rate so small that no weight changes: what is measured on the way is what evaluate measures afterwards.
    const optimizer = new SGD({ lr: 1e-30 })
    const validationData = { x: x.slice(0, 20), y: y.slice(0, 20) }
    const seen: unknown[] = []
    const history = await model.fit(x, y, {
      loss: crossEntropy(),
      optimizer,
      epochs: 2,
      batchSize: 16,
      validationData,
      metrics,
      callbacks: [{ onEpochEnd: (__, logs) => void seen.push([logs.metrics, logs.valMetrics]) }],
    })
    const [all, some] = [
      (await model.evaluate(x, y, { metrics })).metrics,
      (await model.evaluate(validationData, { metrics })).metrics,
    ]
    expect(Object.keys(history.metrics)).toEqual(['top2', 'f1', 'crossEntropy'])
    for (const epoch of [0, 1]) {
      const at = (columns: typeof history.metrics) =>
        Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[epoch]]))
      expect(seen[epoch]).toEqual([at(history.metrics), at(history.valMetrics)])
      expect(at(history.metrics)).toEqual({ ...all, crossEntropy: expect.closeTo(all.crossEntropy as number, 6) })
      expect(at(history.valMetrics)).toEqual({ ...some, crossEntropy: expect.closeTo(some.crossEntropy as number, 6) })
    }
    expect(history.metrics.top2?.[0]).not.toBe(history.valMetrics.top2?.[0])
  })

  it('nothing is measured where nothing was asked for', async () => {
    expect(await echo().evaluate([[1, 2]], [1], { loss: crossEntropy() })).not.toHaveProperty('metrics')
  })

  describe('refuses', () => {
    const [x, y] = [rowsOf(4, 3, halves(1)), [0, 1, 2, 0]]
    const refused = async (
      metrics: unknown,
      code: string,
      message: RegExp,
      { loss = crossEntropy(), targets = y as unknown } = {},
    ): Promise<void> => {
      const options = { loss, metrics: metrics as readonly MetricLike[] }
      const failing = new Sequential([new Identity()], { backend }).evaluate(x, targets as number[], options)
      await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string })
    }

    it('what is no list, no metric, or there twice', async () => {
      await refused('f1', 'ERR_ARGUMENT', /^evaluate: metrics is "f1", expected a list/)
      await refused(['f2'], 'ERR_ARGUMENT', /metrics\[0\] is "f2", expected .* one of accuracy, precision/)
      await refused([f1], 'ERR_ARGUMENT', /metrics\[0\] is the function f1/)
      await refused(['toString'], 'ERR_ARGUMENT', /metrics\[0\] is "toString"/)
      await refused([f1(), f1({ average: 'none' })], 'ERR_ARGUMENT', /two metrics are called 'f1'/)
      await refused([crossEntropy({ reduction: 'none' })], 'ERR_ARGUMENT', /metrics\[0\]: the reduction/)
    })
    it('metrics that the loss, the output or the targets do not suit', async () => {
      await refused(['f1'], 'ERR_ARGUMENT', /^f1: counts classes, but mse knows none/, { loss: mse(), targets: x })
      const several = { loss: binaryCrossEntropy(), targets: x.map((row) => row.map(() => 1)) }
      await refused(['accuracy'], 'ERR_SHAPE', /^accuracy: the model has 3 outputs, each a yes-or-no question/, several)
      await refused([topK(4)], 'ERR_SHAPE', /^topK: the model has 3 outputs, expected .* at least 4/)
      await refused(['auc'], 'ERR_SHAPE', /^auc: the model has 3 outputs, expected one or two/)
      await refused([f1({ average: 'binary' })], 'ERR_SHAPE', /^f1: average 'binary' is for two classes/)
      await refused(['r2'], 'ERR_SHAPE', /^r2: targets are labels/)
      await refused([huber()], 'ERR_SHAPE', /^huber: targets are labels/)
      await refused([crossEntropy()], 'ERR_ARGUMENT', /^crossEntropy as a metric: its ignoreIndex is undefined/, {
        loss: crossEntropy({ ignoreIndex: 2 }),
      })
    })
    it('bad options', () => {
      expect(() => topK(0)).toThrow('topK: k is 0, expected a whole number from 1')
      expect(() => f1({ average: 'micro' as never })).toThrow('f1: average is "micro", expected \'macro\'')
      expect(() => auc({ name: '' })).toThrow('auc: name is "", expected a text')
      expect(() => rmse({ named: 'x' } as never)).toThrow("rmse: unknown option 'named', expected name")
    })
    it('and a model that infers its shapes stays free', async () => {
      const model = new Sequential([new Linear(3)], { backend })
      const options = { loss: crossEntropy(), optimizer: new SGD({ lr: 0.1 }) }
      await expect(model.fit(x, y, { ...options, metrics: [topK(9)] })).rejects.toMatchObject({ code: 'ERR_SHAPE' })
      await model.fit(tensor([[1], [2]]), [0, 1], { ...options, metrics: ['accuracy'] })
    })
  })
})
