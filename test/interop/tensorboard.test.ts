// The event files of TensorBoard, read by TensorBoard itself: every scalar and every histogram.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type History, TensorBoard, type TrainingProgress, type TrainingRun } from '../../src/index.js'
import { toyFit, toyModel, x, y } from '../train/callbacks/toy-run.js'
import type { DecodedHistogram } from '../train/event-files/decode.js'
import { fromPython } from './python.js'

interface Run {
  readonly version: number
  readonly scalars: Readonly<Record<string, readonly (readonly [number, number])[]>>
  readonly histograms: Readonly<Record<string, readonly (DecodedHistogram & { readonly step: number })[]>>
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netwright-tensorboard-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const read = (): Record<string, Run> => fromPython('read_tensorboard.py', [dir]) as Record<string, Run>
const points = (...columns: readonly (readonly number[])[]): [number, number][] =>
  columns.flat().map((value, epoch) => [epoch, Math.fround(value)])
const f1 = (columns: History['metrics']): readonly number[] => columns.f1 as readonly number[]

test('TensorBoard finds every scalar of two calls of fit', async () => {
  const steps: [number, number, number][] = []
  const watch = {
    onProgress: ({ loss, accuracy = Number.NaN }: TrainingProgress, run: TrainingRun) =>
      void steps.push([run.steps, Math.fround(loss), Math.fround(accuracy)]),
  }
  const [model, callbacks] = [toyModel(), [new TensorBoard({ dir, everySteps: 1 }), watch]]
  const [a, b] = [
    await toyFit({ epochs: 5, validationData: { x, y }, metrics: ['f1'], callbacks }, model),
    await toyFit({ epochs: 3, validationData: { x, y }, metrics: ['f1'], callbacks }, model),
  ]
  const runs = read()
  expect(runs).toEqual({
    train: {
      version: 2,
      histograms: {},
      scalars: {
        epoch_loss: points(a.loss, b.loss),
        epoch_accuracy: points(a.accuracy, b.accuracy),
        epoch_f1: points(f1(a.metrics), f1(b.metrics)),
        epoch_learning_rate: points(a.lr, b.lr),
        epoch_samples_per_second: points(a.samplesPerSecond, b.samplesPerSecond),
        batch_loss: steps.map(([step, loss]) => [step, loss]),
        batch_accuracy: steps.map(([step, , accuracy]) => [step, accuracy]),
      },
    },
    validation: {
      version: 2,
      histograms: {},
      scalars: {
        epoch_loss: points(a.valLoss, b.valLoss),
        epoch_accuracy: points(a.valAccuracy, b.valAccuracy),
        epoch_f1: points(f1(a.valMetrics), f1(b.valMetrics)),
      },
    },
  })
})

test('TensorBoard finds the histograms of the weights', async () => {
  const model = toyModel()
  await toyFit({ epochs: 2, callbacks: [new TensorBoard({ dir, histograms: true })] }, model)
  const { histograms } = read().train as Run
  expect(Object.keys(histograms).sort()).toEqual(
    ['0.bias', '0.weight', '2.bias', '2.weight'].map((name) => `${name}/histogram`),
  )
  for (const [tag, found] of Object.entries(histograms)) {
    expect(found.map(({ step }) => step)).toEqual([0, 1])
    const weights = [...(model.stateDict()[tag.split('/')[0] as string]?.data ?? [])]
    const last = found[1] as DecodedHistogram
    expect([last.min, last.max]).toEqual([Math.min(...weights), Math.max(...weights)])
    expect(last.counts.reduce((sum, count) => sum + count, 0)).toBe(weights.length)
    // TensorBoard opens a histogram with an empty bin at its minimum.
    const edges = last.limits
    for (const [i, count] of last.counts.entries()) {
      const [low, high] = [edges[i - 1] ?? Number.NEGATIVE_INFINITY, edges[i] as number]
      const surely = weights.filter((w) => w > low + 1e-9 && w < high - 1e-9).length
      const perhaps = weights.filter((w) => w >= low - 1e-9 && w <= high + 1e-9).length
      expect(count).toBeGreaterThanOrEqual(surely)
      expect(count).toBeLessThanOrEqual(perhaps)
    }
  }
})
