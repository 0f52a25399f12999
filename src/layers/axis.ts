// How a sample's shape falls apart around one axis.

import { type Shape, sizeOf } from '../tensor/shape.js'

/** A tensor (N, …) as (before, length, after) around axis `axis` of a sample. */
export interface AroundAxis {
  /** Samples times the axes before. */
  readonly before: number
  readonly length: number
  readonly after: number
}

/** The place of `axis` (negative: from the end) among `rank` axes, or undefined where it has none. */
export function placeOf(axis: number, rank: number): number | undefined {
  const place = axis < 0 ? axis + rank : axis
  return Number.isInteger(place) && place >= 0 && place < rank ? place : undefined
}

/** `shape` is (N, …); `place` counts the sample's axes from 0. */
export function aroundAxis(shape: Shape, place: number): AroundAxis {
  return {
    before: sizeOf(shape.slice(0, place + 1)),
    length: shape[place + 1] as number,
    after: sizeOf(shape.slice(place + 2)),
  }
}
