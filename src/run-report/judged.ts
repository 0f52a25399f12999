// What a model makes of test data, sample by sample: for the figures and pictures of a report.

import type { Dataset } from '../data/dataset.js'
import type { Loss } from '../losses/loss.js'
import { answersClasses, classOf, classShares, hasProbabilities } from '../metrics/class-answers.js'
import type { TrainableNetwork } from '../model.js'
import { nextTurn } from '../platform.js'
import { argMaxOf } from '../tensor/arg-max.js'

/** Samples that are predicted at a time; between two of them the event loop has its turn. */
const batchSize = 500

/** Of a classification: what each sample was taken for, and how often which class was taken for which. */
export interface Classified {
  readonly kind: 'classes'
  readonly names: readonly string[]
  /** Beyond the names where the loss ignores a sample. */
  readonly truths: readonly number[]
  readonly predictions: readonly number[]
  /** What speaks for each class, sample by sample. */
  readonly shares: readonly (readonly number[])[]
  readonly areProbabilities: boolean
  /** counts[truth][prediction]. */
  readonly counts: readonly (readonly number[])[]
  /** The share of samples that were taken for what they are. */
  readonly accuracy: number
}

/** Of a regression: targets and predictions, (samples, outputs). */
export interface Estimated {
  readonly kind: 'values'
  readonly outputs: number
  readonly truths: Float32Array
  readonly predictions: Float32Array
}

export type Judged = Classified | Estimated

export async function judge(model: TrainableNetwork, test: Dataset, loss: Loss): Promise<Judged> {
  const outputs = await predictAll(model, test)
  const width = outputs.length / test.length
  if (!answersClasses(loss, width)) {
    return { kind: 'values', outputs: width, truths: test.y.toFloat32(), predictions: outputs }
  }
  const samples = Array.from({ length: test.length }, (_, i) => i)
  const shares = samples.map((i) => classShares(outputs.subarray(i * width, (i + 1) * width), loss))
  const truths = samples.map((i) => classOf(test, i, loss))
  const predictions = shares.map((row) => argMaxOf((label) => row[label] as number, row.length))
  const classNames = test.classNames ?? model.preprocessing?.classNames
  const names = Array.from({ length: Math.max(2, width) }, (_, i) => classNames?.[i] ?? String(i))
  const counts = names.map(() => names.map(() => 0))
  let [right, all] = [0, 0]
  for (const i of samples) {
    const [truth, prediction] = [truths[i] as number, predictions[i] as number]
    const row = counts[truth]
    if (row === undefined) continue
    row[prediction] = (row[prediction] as number) + 1
    all++
    if (truth === prediction) right++
  }
  const areProbabilities = hasProbabilities(loss)
  return { kind: 'classes', names, truths, predictions, shares, areProbabilities, counts, accuracy: right / all }
}

async function predictAll(model: TrainableNetwork, { inputs, length }: Dataset): Promise<Float32Array> {
  const parts: Float32Array[] = []
  for (let at = 0; at < length; at += batchSize) {
    parts.push(model.predict(...inputs.map((samples) => samples.slice(at, at + batchSize))).toFloat32())
    await nextTurn()
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
