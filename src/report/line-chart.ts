// Line charts, one or a grid of small ones: losses, accuracies, functions, paths of optimizers.

import { checkOptions, netwrightError, requireFlag } from '../errors.js'
import { type Axis, chartText, type Panel, renderChart } from './chart.js'
import { type ChartOptions, checkAxisRange, checkChart, greatest, onLinearAxis } from './chart-options.js'
import { checkCount, checkList, checkNumbers, checkText } from './check.js'
import type { LineSeriesOption } from './libraries/echarts.js'
import { ink, palette } from './svg.js'

/** One line. Points that are not finite or beyond ±1e100, or on a logarithmic axis below 1e-100, are left out as
 * gaps. A linear axis shows multiples of 1e-18. */
export interface LineSeries {
  /** For the legend; lines of one name share a colour in all panels. */
  readonly name: string
  /** Default: 0, 1, 2, … */
  readonly x?: ArrayLike<number>
  readonly y: ArrayLike<number>
  /** A dot at every point (default false). */
  readonly markers?: boolean
  /** Thin, grey and not in the legend: contour lines, a reference (default false). */
  readonly background?: boolean
}

interface LineAxes {
  readonly xLabel: string
  readonly yLabel: string
  readonly xLog?: boolean
  readonly yLog?: boolean
  /** Labels of x at whole numbers only: epochs, counts. Default false. */
  readonly xWhole?: boolean
  /** Default: what the points need. */
  readonly xRange?: readonly [number, number]
  /** Default: what the points need. */
  readonly yRange?: readonly [number, number]
}

export interface LineChartOptions extends ChartOptions, LineAxes {
  readonly series: readonly LineSeries[]
}

export interface LineChartGridOptions extends ChartOptions, LineAxes {
  readonly panels: readonly { readonly name: string; readonly series: readonly LineSeries[] }[]
  /** Panels in a row (default: up to 3). */
  readonly columns?: number
}

const lineTypes = ['solid', 'dashed', 'dotted'] as const

function checkAxes(where: string, { xLabel, yLabel, xRange, yRange, xLog, yLog, xWhole }: LineAxes): void {
  checkText(where, 'xLabel', xLabel)
  checkText(where, 'yLabel', yLabel)
  if (xWhole !== undefined) requireFlag(`${where}: xWhole`, xWhole)
  if (xRange !== undefined) checkAxisRange(where, 'xRange', xRange, xLog)
  if (yRange !== undefined) checkAxisRange(where, 'yRange', yRange, yLog)
}

function checkSeries(where: string, name: string, series: readonly LineSeries[]): void {
  checkList(where, name, series)
  for (const [index, line] of series.entries()) {
    const at = `${name}[${index}]`
    checkOptions(`${where}: ${at}`, line, ['name', 'x', 'y', 'markers', 'background'])
    checkText(where, `${at}.name`, line.name)
    checkNumbers(where, `${at}.y`, line.y)
    if (line.x === undefined) continue
    checkNumbers(where, `${at}.x`, line.x)
    if (line.x.length === line.y.length) continue
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: ${at} has ${line.x.length} numbers in x and ${line.y.length} in y, expected as many`,
      'RangeError',
    )
  }
}

/** The names that the legend shows, in the order of their first line. */
const legendOf = (series: readonly LineSeries[]) => [
  ...new Set(series.filter(({ background }) => !background).map(({ name }) => name)),
]

function seriesOption(line: LineSeries, names: readonly string[], { xLog, yLog }: LineAxes): LineSeriesOption {
  const { name, x, y, markers = false, background = false } = line
  const place = names.indexOf(name)
  const color = background ? ink.line : palette[place % palette.length]
  const type = lineTypes[Math.floor(place / palette.length) % lineTypes.length]
  const at = (i: number) => (x === undefined ? i : (x[i] as number))
  const drawable = (value: number, log = false) => Math.abs(value) <= greatest && (!log || value >= 1 / greatest)
  const shown = Array.from(y, (value, i) => drawable(at(i), xLog) && drawable(value, yLog))
  const data = Array.from(y, (value, i) => {
    if (!shown[i]) return ['-', '-']
    // A point between two gaps has no line, so it needs a dot.
    const isAlone = !shown[i - 1] && !shown[i + 1]
    const point = [xLog ? at(i) : onLinearAxis(at(i)), yLog ? value : onLinearAxis(value)]
    return isAlone ? { value: point, symbol: 'circle' } : point
  })
  const isRising = shown.every((is, i) => is && (i === 0 || at(i - 1) < at(i)))
  return {
    type: 'line',
    name: chartText(name),
    data,
    showSymbol: true,
    showAllSymbol: true,
    symbol: markers ? 'circle' : 'none',
    symbolSize: 5,
    // Of far more points than pixels, the least and the greatest of each column of pixels are enough.
    ...(isRising && !markers && data.length > 4000 && { sampling: 'minmax' }),
    silent: true,
    z: background ? 1 : 2,
    itemStyle: { color: color as string },
    lineStyle: background ? { width: 0.8, color: ink.line } : { width: 2, type: type ?? 'solid' },
  }
}

function panelOf(series: readonly LineSeries[], names: readonly string[], axes: LineAxes, small = {}): Panel {
  const x: Axis = { name: axes.xLabel, log: axes.xLog, range: axes.xRange, whole: axes.xWhole, tight: true, ...small }
  const y: Axis = { name: axes.yLabel, log: axes.yLog, range: axes.yRange, ...small }
  return { x, y, series: series.map((line) => seriesOption(line, names, axes)) }
}

const common = [
  'title',
  'subtitle',
  'width',
  'height',
  'xLabel',
  'yLabel',
  'xLog',
  'yLog',
  'xWhole',
  'xRange',
  'yRange',
]

/** Draws lines in one pair of axes (720 × 440 pixels) as SVG text. */
export async function lineChart(options: LineChartOptions): Promise<string> {
  const where = 'lineChart'
  checkOptions(where, options, [...common, 'series'])
  checkChart(where, options)
  checkAxes(where, options)
  checkSeries(where, 'series', options.series)
  const legend = legendOf(options.series)
  return renderChart({ where, options, legend, panels: [panelOf(options.series, legend, options)], size: [720, 440] })
}

/** Draws a grid of small line charts with equally labelled axes (300 × 240 pixels each) as SVG text. */
export async function lineChartGrid(options: LineChartGridOptions): Promise<string> {
  const where = 'lineChartGrid'
  checkOptions(where, options, [...common, 'panels', 'columns'])
  checkChart(where, options)
  checkAxes(where, options)
  checkList(where, 'panels', options.panels)
  for (const [index, panel] of options.panels.entries()) {
    checkOptions(`${where}: panels[${index}]`, panel, ['name', 'series'])
    checkText(where, `panels[${index}].name`, panel.name)
    checkSeries(where, `panels[${index}].series`, panel.series)
  }
  const columns = Math.min(options.columns ?? 3, options.panels.length)
  checkCount(where, 'columns', columns)
  const legend = legendOf(options.panels.flatMap(({ series }) => series))
  const panels = options.panels.map(({ name, series }) => ({
    ...panelOf(series, legend, options, { labels: 4 }),
    name,
  }))
  const size = [300 * columns + 32, 240 * Math.ceil(panels.length / columns) + 70] as const
  return renderChart({ where, options, panels, columns, legend, size })
}
