// Bars beside each other: one group for each category, one bar in it for each series.

import { checkOptions, netwrightError } from '../errors.js'
import { chartText, renderChart } from './chart.js'
import { type ChartOptions, checkAxisRange, checkChart, greatest, onLinearAxis } from './chart-options.js'
import { checkList, checkNumbers, checkText } from './check.js'
import { palette } from './svg.js'

export interface BarChartOptions extends ChartOptions {
  readonly categories: readonly string[]
  /** One value for each category; a value that is not finite or beyond ±1e100 has no bar. */
  readonly series: readonly { readonly name: string; readonly values: ArrayLike<number> }[]
  readonly xLabel?: string
  readonly yLabel: string
  /** Default: from 0 to what the values need. */
  readonly yRange?: readonly [number, number]
}

/** Draws bars (720 × 440 pixels) as SVG text. */
export async function barChart(options: BarChartOptions): Promise<string> {
  const where = 'barChart'
  const names = ['title', 'subtitle', 'width', 'height', 'categories', 'series', 'xLabel', 'yLabel', 'yRange']
  checkOptions(where, options, names)
  checkChart(where, options)
  const { categories, series, xLabel, yLabel, yRange } = options
  if (xLabel !== undefined) checkText(where, 'xLabel', xLabel)
  checkText(where, 'yLabel', yLabel)
  if (yRange !== undefined) checkAxisRange(where, 'yRange', yRange)
  checkList(where, 'categories', categories)
  for (const [index, category] of categories.entries()) checkText(where, `categories[${index}]`, category)
  checkList(where, 'series', series)
  for (const [index, { name, values }] of series.entries()) {
    checkText(where, `series[${index}].name`, name)
    checkNumbers(where, `series[${index}].values`, values)
    if (values.length === categories.length) continue
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: series[${index}] has ${values.length} values, expected one for each of ${categories.length} categories`,
      'RangeError',
    )
  }
  const bars = series.map(({ name, values }, index) => ({
    type: 'bar' as const,
    name: chartText(name),
    data: Array.from(values, (value) => (Math.abs(value) <= greatest ? onLinearAxis(value) : '-')),
    silent: true,
    barMaxWidth: 48,
    itemStyle: { color: palette[index % palette.length] as string },
  }))
  const panel = { x: { name: xLabel, categories }, y: { name: yLabel, range: yRange, fromZero: true }, series: bars }
  return renderChart({ where, options, panels: [panel], legend: series.map(({ name }) => name), size: [720, 440] })
}
