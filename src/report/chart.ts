// What the charts by ECharts have in common: panels in a grid, axes, titles, legend, and SVG text that is the same for
// the same chart.

import { netwrightError } from '../errors.js'
import type { ChartOptions } from './chart-options.js'
import type { BarSeriesOption, ChartOption, LineSeriesOption } from './libraries/echarts.js'
import { fontFamily, ink, printable, textWidth, wrapText } from './svg.js'

export interface Axis {
  readonly name?: string | undefined
  readonly log?: boolean | undefined
  readonly range?: readonly [number, number] | undefined
  /** Names in place of numbers. */
  readonly categories?: readonly string[]
  /** About this many labels (default 5); fewer for small panels. */
  readonly labels?: number
  /** Starts at 0, as bars must. */
  readonly fromZero?: boolean
  /** Ends where the points end. */
  readonly tight?: boolean
  /** Has labels at whole numbers only. */
  readonly whole?: boolean | undefined
}

/** Axes and curves of one panel. */
export interface Panel {
  readonly name?: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly (LineSeriesOption | BarSeriesOption)[]
}

export interface ChartParts {
  readonly where: string
  readonly options: ChartOptions
  readonly panels: readonly Panel[]
  readonly columns?: number
  /** Names that the legend shows; none with fewer than two. */
  readonly legend?: readonly string[]
  /** Pixels of the whole picture where the caller has not said. */
  readonly size: readonly [width: number, height: number]
}

const margin = 16
const titleSize = 17
const textSize = 13
const panelTitleHeight = 24
const gap = 18

/**
 * A text for ECharts, which keeps what it measured in a plain object by text: one named like a property of every object,
 * such as '__proto__' or 'constructor', would write into Object.prototype. It gets an invisible word joiner.
 */
export function chartText(text: string): string {
  const shown = printable(text)
  return shown in Object.prototype ? `${shown.slice(0, 1)}\u2060${shown.slice(1)}` : shown
}

/** A number on an axis: short, with an exponent where zeros would be many. */
export function numberLabel(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  const text =
    size >= 1e5 || size < 1e-3 ? value.toExponential(3).replace(/\.?0*e/, 'e') : String(+value.toPrecision(6))
  return text.replace('e+', 'e').replaceAll('-', '−')
}

/** 1, 2, 2.5 or 5 times a power of ten: the next from `least` on. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 2.5, 5].find((factor) => factor * power >= least * 0.999) ?? 10)
}

/** Steps of such a length, at most `parts`, where the range starts at one; else ECharts' own. */
function stepFrom([low, high]: readonly [number, number], parts: number, whole = false): { interval?: number } {
  const nice = niceStep((high - low) / parts)
  const step = whole ? Math.ceil(nice) : nice
  return Math.abs(low / step - Math.round(low / step)) < 1e-9 ? { interval: step } : {}
}

interface Extent {
  readonly min: number
  readonly max: number
}

/** Of an axis of whole numbers that ends where the points end: around a single one, at its neighbours. */
const wholeLabels = {
  minInterval: 1,
  min: ({ min, max }: Extent) => (min === max ? min - 1 : min),
  max: ({ min, max }: Extent) => (min === max ? max + 1 : max),
}

function axisOption(axis: Axis, panel: number, width: number, isY: boolean): Record<string, unknown> {
  const { name, log, range, categories, labels = 5, fromZero, tight, whole } = axis
  const type = categories !== undefined ? 'category' : log ? 'log' : 'value'
  return {
    type,
    gridIndex: panel,
    ...(categories !== undefined && { data: categories.map(chartText) }),
    ...(tight && { min: 'dataMin', max: 'dataMax' }),
    ...(whole && wholeLabels),
    ...(range !== undefined && { min: range[0], max: range[1] }),
    ...(range !== undefined && !log && stepFrom(range, labels, whole)),
    splitNumber: labels,
    scale: !fromZero,
    ...(name !== undefined && { name: chartText(name), nameLocation: 'middle', nameGap: isY ? 18 : 10 }),
    // Turned, the lower side of y's name is next to the labels.
    nameTextStyle: { color: ink.text, fontSize: textSize, fontFamily, textMargin: isY ? [0, 0, 6, 0] : [4, 0, 0, 0] },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink.line } },
    axisTick: { show: true, lineStyle: { color: ink.line } },
    axisLabel: {
      color: ink.text,
      fontSize: labels < 5 ? 11 : 12,
      fontFamily,
      ...(categories === undefined ? { hideOverlap: true, formatter: numberLabel } : categoryLabels(categories, width)),
    },
    minorTick: { show: false },
    splitLine: { show: categories === undefined, lineStyle: { color: ink.grid } },
  }
}

/** Names that do not fit beside each other are turned; so many that this does not help are thinned out. */
function categoryLabels(categories: readonly string[], width: number) {
  const room = width / categories.length
  const widest = Math.max(...categories.map((category) => textWidth(category, 12)))
  if (room < 16) return { hideOverlap: true, rotate: 90 }
  return { interval: 0, rotate: widest + 8 < room ? 0 : 40 }
}

/** A line without markers is shown as one: ECharts puts a dot on every line in a legend. */
function legendEntry(name: string, panels: readonly Panel[]): string | { name: string; icon: string } {
  const line = panels.flatMap(({ series }) => series).find((series) => series.name === name)
  const isPlain = line?.type === 'line' && line.symbol === 'none' && line.lineStyle?.type === 'solid'
  return isPlain ? { name, icon: 'path://M0 0H24V2H0Z' } : name
}

/** Pixels that the legend needs at this width. */
function legendHeight(names: readonly string[], width: number): number {
  if (names.length < 2) return 0
  let [rows, used] = [1, 0]
  for (const name of names) {
    const item = textWidth(name, textSize) + 60
    if (used > 0 && used + item > width) {
      rows++
      used = 0
    }
    used += item
  }
  return rows * 27
}

function chartOption({ options, panels, columns = panels.length, legend = [] }: ChartParts, size: number[]) {
  const [width, height] = size as [number, number]
  const rows = Math.ceil(panels.length / columns)
  const room = width - 2 * margin
  const titleLines = wrapText(printable(options.title), titleSize, room).map(chartText)
  const subtitleLines =
    options.subtitle === undefined ? [] : wrapText(printable(options.subtitle), textSize, room).map(chartText)
  const head = margin + titleLines.length * 24 + subtitleLines.length * 20 + (subtitleLines.length > 0 ? 6 : 2)
  const foot = legendHeight(legend, room)
  const cellWidth = (room - (columns - 1) * gap) / columns
  const cellHeight = (height - head - foot - margin - (rows - 1) * gap) / rows
  const cell = (panel: number) => ({
    left: margin + (panel % columns) * (cellWidth + gap),
    top: head + Math.floor(panel / columns) * (cellHeight + gap),
  })
  const named = panels.some(({ name }) => name !== undefined) ? panelTitleHeight : 0
  const plain = { fontFamily, fontWeight: 'normal' as const }
  const title = {
    left: margin,
    top: margin - 6,
    padding: 0,
    itemGap: 2,
    text: titleLines.join('\n'),
    textStyle: { ...plain, color: ink.text, fontSize: titleSize, lineHeight: 24 },
    subtext: subtitleLines.join('\n'),
    subtextStyle: { ...plain, color: ink.muted, fontSize: textSize, lineHeight: 20 },
  }
  const panelTitle = ({ name }: Panel, panel: number) => {
    const { left, top } = cell(panel)
    const textStyle = { ...plain, color: ink.text, fontSize: textSize, width: cellWidth, overflow: 'truncate' as const }
    return {
      left: left + cellWidth / 2,
      top,
      padding: 0,
      textAlign: 'center' as const,
      text: chartText(name ?? ''),
      textStyle,
    }
  }
  return {
    animation: false,
    backgroundColor: ink.background,
    textStyle: { fontFamily },
    title: [title, ...(named > 0 ? panels.map(panelTitle) : [])],
    legend: {
      show: legend.length > 1,
      data: legend.map((name) => legendEntry(chartText(name), panels)),
      bottom: margin - 8,
      left: 'center',
      width: room,
      itemGap: 14,
      itemWidth: 24,
      // The dot of a line, or the height of a bar's patch.
      itemHeight: panels[0]?.series[0]?.type === 'bar' ? 12 : 6,
      selectedMode: false,
      textStyle: { ...plain, color: ink.text, fontSize: textSize },
    },
    grid: panels.map((_, panel) => {
      const { left, top } = cell(panel)
      // Ticks, labels and names lie inside the cell as well.
      const bounds = { left, top: top + named, width: cellWidth, height: cellHeight - named }
      return { ...bounds, outerBounds: bounds, outerBoundsMode: 'same', outerBoundsContain: 'all' }
    }),
    xAxis: panels.map(({ x }, panel) => axisOption(x, panel, cellWidth - 80, false)),
    yAxis: panels.map(({ y }, panel) => axisOption(y, panel, cellHeight, true)),
    series: panels.flatMap(({ series }, panel) =>
      series.map((one) => ({ ...one, xAxisIndex: panel, yAxisIndex: panel })),
    ),
  } as ChartOption
}

/**
 * ECharts numbers its charts, and styles for the mouse; ids are to follow from the content, also beside other charts in
 * a page. Quotes in texts are escaped, so these attributes are ECharts' own.
 */
function withStableIds(svg: string): string {
  const still = svg.replace(/ class="zr\d+-cls-\d+"/g, '').replace(/<style[^>]*><!\[CDATA\[.*?<\/style>/gs, '')
  const named = (prefix: string) => still.replace(/(id="|"url\(#)zr\d+-/g, `$1${prefix}-`)
  return named(`n${digest(named('n'))}`)
}

/** FNV-1a over code units, 32 bits. */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** Draws the panels, `columns` in a row, as SVG text. */
export async function renderChart(parts: ChartParts): Promise<string> {
  const { options, size, where } = parts
  const [width, height] = [options.width ?? size[0], options.height ?? size[1]]
  const rows = Math.ceil(parts.panels.length / (parts.columns ?? parts.panels.length))
  const least = [80 * (parts.columns ?? parts.panels.length) + 40, 70 * rows + 90] as const
  if (width < least[0] || height < least[1]) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: ${width} × ${height} pixels are too few for this chart, expected at least ${least[0]} × ${least[1]}`,
      'RangeError',
    )
  }
  const { init, setPlatformAPI } = await import('./libraries/echarts.js')
  setPlatformAPI({
    measureText: (text, font = '12px') => ({
      width: textWidth(text, Number.parseFloat(/[\d.]+px/.exec(font)?.[0] ?? '12')),
    }),
  })
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(chartOption(parts, [width, height]))
    return `${withStableIds(chart.renderToSVGString())}\n`
  } finally {
    chart.dispose()
  }
}
