// What every chart may be given, and which numbers an axis can show.

import { describe, netwrightError } from '../errors.js'
import { checkCount, checkRange, checkText } from './check.js'

export interface ChartOptions {
  readonly title: string
  /** One line under the title, in grey: the data set, the seed, what was measured. */
  readonly subtitle?: string
  /** Pixels. */
  readonly width?: number
  /** Pixels. */
  readonly height?: number
}

export function checkChart(where: string, { title, subtitle, width, height }: ChartOptions): void {
  checkText(where, 'title', title)
  if (subtitle !== undefined) checkText(where, 'subtitle', subtitle)
  if (width !== undefined) checkCount(where, 'width', width)
  if (height !== undefined) checkCount(where, 'height', height)
}

/** Charts show no numbers beyond ±1e100: ECharts cannot lay out axes near the end of float64. */
export const greatest = 1e100

/** Linear axes are no shorter: ECharts cannot lay out one of 1e-20. */
export const shortest = 1e-18

/** A value as a linear axis shows it: near 0 in multiples of `shortest`; elsewhere floats lie further apart, or nearly so. */
export function onLinearAxis(value: number): number {
  return Math.abs(value) < 1e-3 ? Math.round(value * 1e18) / 1e18 : value
}

/** [low, high] for an axis. */
export function checkAxisRange(where: string, name: string, value: unknown, log = false): void {
  checkRange(where, name, value)
  const [low, high] = value as [number, number]
  const isLong = log ? low >= 1 / greatest : high - low >= shortest
  if (isLong && low >= -greatest && high <= greatest) return
  const expected = log ? `more than 0 on a logarithmic axis, from 1e-100 to 1e100` : `±1e100 at most and 1e-18 apart`
  throw netwrightError('ERR_ARGUMENT', `${where}: ${name} is ${describe(value)}, expected ${expected}`, 'RangeError')
}
