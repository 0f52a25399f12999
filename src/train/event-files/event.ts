// TensorFlow's messages Event, Summary and HistogramProto as protocol buffers: the fields that logs need.
// The numbers are those of event.proto, summary.proto and histogram.proto.

import { countBins } from '../../report/histogram.js'
import type { PbfWriter } from './libraries/pbf.js'

/** As many as in TensorBoard's own summaries. */
const bins = 30

export interface Histogram {
  readonly min: number
  readonly max: number
  readonly count: number
  readonly sum: number
  readonly sumOfSquares: number
  /** The bins' upper edges, and how many values each has. */
  readonly limits: readonly number[]
  readonly counts: readonly number[]
}

export interface Summary {
  /** The chart's name. */
  readonly tag: string
  /** Kept as float32. */
  readonly value: number | Histogram
}

export interface Event {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step: number
  readonly summaries: readonly Summary[]
}

/** The first event of a file. */
export function writeVersion(wallTime: number, writer: PbfWriter): void {
  writer.writeDoubleField(1, wallTime)
  writer.writeStringField(3, 'brain.Event:2')
}

export function writeEvent({ wallTime, step, summaries }: Event, writer: PbfWriter): void {
  writer.writeDoubleField(1, wallTime)
  writer.writeVarintField(2, step)
  writer.writeMessage(5, writeSummaries, summaries)
}

function writeSummaries(summaries: readonly Summary[], writer: PbfWriter): void {
  for (const summary of summaries) writer.writeMessage(1, writeSummary, summary)
}

function writeSummary({ tag, value }: Summary, writer: PbfWriter): void {
  writer.writeStringField(1, tag)
  if (typeof value === 'number') writer.writeFloatField(2, value)
  else writer.writeMessage(5, writeHistogram, value)
}

function writeHistogram(histogram: Histogram, writer: PbfWriter): void {
  const { min, max, count, sum, sumOfSquares, limits, counts } = histogram
  for (const [field, value] of [min, max, count, sum, sumOfSquares].entries()) {
    writer.writeDoubleField(field + 1, value)
  }
  writer.writePackedDouble(6, [...limits])
  writer.writePackedDouble(7, [...counts])
}

/** How the finite ones of `values` are distributed; undefined where there are none. */
export function toHistogram(values: Iterable<number>): Histogram | undefined {
  const finite = Float64Array.from(values).filter(Number.isFinite)
  if (finite.length === 0) return undefined
  let [min, max, sum, sumOfSquares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  for (const value of finite) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    sumOfSquares += value * value
  }
  const shared = { min, max, count: finite.length, sum, sumOfSquares }
  // All values alike have no bins of a width.
  if (min === max) return { ...shared, limits: [max], counts: [finite.length] }
  const limits = Array.from({ length: bins }, (_, i) => (i === bins - 1 ? max : min + ((max - min) * (i + 1)) / bins))
  return { ...shared, limits, counts: countBins(finite, bins, [min, max]) }
}
