// What a model makes of test data, sample by sample: for the figures and pictures of a report.

import type { Dataset } from '../data/dataset.js'
import type { TrainableNetwork } from '../model.js'
import { nextTurn } from '../platform.js'
import { sizeOf } from '../tensor/shape.js'

/** Samples that are predicted at a time; between two of them the event loop has its turn. */
const batchSize = 500

/** Of a classification: probabilities, and how often which class was taken for which. */
export interface Classified {
  readonly kind: 'classes'
  readonly names: readonly string[]
  readonly truths: Int32Array
  readonly predictions: Int32Array
  /** (samples, classes). */
  readonly probabilities: Float32Array
  /** counts[truth][prediction]. */
  readonly counts: readonly (readonly number[])[]
}

/** Of a regression: targets and predictions, (samples, outputs). */
export interface Estimated {
  readonly kind: 'values'
  readonly outputs: number
  readonly truths: Float32Array
  readonly predictions: Float32Array
}

export type Judged = Classified | Estimated

/** `classifies`: whether the loss is one of classes. Two classes may have one output, the logit of class 1. */
export async function judge(model: TrainableNetwork, test: Dataset, classifies: boolean): Promise<Judged> {
  const outputs = await predictAll(model, test)
  const width = outputs.length / test.length
  if (!classifies) {
    return { kind: 'values', outputs: width, truths: test.y.toFloat32(), predictions: outputs }
  }
  const probabilities = width === 1 ? ofLogits(outputs) : softmaxRows(outputs, width)
  const classes = Math.max(2, width)
  const truths = labelsOf(test)
  const predictions = new Int32Array(test.length).map((_, row) => largest(probabilities, row, classes))
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  truths.forEach((truth, i) => {
    const row = counts[truth] as number[]
    row[predictions[i] as number] = (row[predictions[i] as number] ?? 0) + 1
  })
  const names = Array.from({ length: classes }, (_, i) => test.classNames?.[i] ?? String(i))
  return { kind: 'classes', names, truths, predictions, probabilities, counts }
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

function ofLogits(logits: Float32Array): Float32Array {
  return new Float32Array(2 * logits.length).map((_, i) => {
    const one = 1 / (1 + Math.exp(-(logits[i >> 1] as number)))
    return i % 2 === 1 ? one : 1 - one
  })
}

function softmaxRows(logits: Float32Array, width: number): Float32Array {
  const result = new Float32Array(logits.length)
  for (let at = 0; at < logits.length; at += width) {
    const row = logits.subarray(at, at + width)
    const most = row.reduce((a, b) => Math.max(a, b))
    const powers = row.map((x) => Math.exp(x - most))
    const sum = powers.reduce((a, b) => a + b)
    result.set(
      powers.map((x) => x / sum),
      at,
    )
  }
  return result
}

function largest(rows: Float32Array, row: number, width: number): number {
  const cells = rows.subarray(row * width, (row + 1) * width)
  return cells.indexOf(cells.reduce((a, b) => Math.max(a, b)))
}

/** Class numbers, of one-hot rows as well. One column is that of class 1. */
function labelsOf({ y, targets }: Dataset): Int32Array {
  if (targets === 'labels') return Int32Array.from(y.data)
  const width = sizeOf(y.shape.slice(1))
  const rows = y.toFloat32()
  if (width === 1) return Int32Array.from(rows, (value) => (value >= 0.5 ? 1 : 0))
  return new Int32Array(rows.length / width).map((_, row) => largest(rows, row, width))
}
