// Histograms side by side: how values, such as the activations of each layer, are distributed.

import { checkOptions } from '../errors.js'
import { chartText, type Panel, renderChart } from './chart.js'
import { type ChartOptions, checkAxisRange, checkChart, greatest, shortest } from './chart-options.js'
import { checkCount, checkList, checkNumbers, checkText } from './check.js'
import { palette } from './svg.js'

export interface HistogramOptions extends ChartOptions {
  readonly panels: readonly { readonly name: string; readonly values: ArrayLike<number> }[]
  /** Bins of equal width (default 30). */
  readonly bins?: number
  /** First and last edge of the bins; default: the least and greatest value of all panels within ±1e100. */
  readonly range?: readonly [number, number]
  /** Panels in a row (default: up to 5). */
  readonly columns?: number
  readonly xLabel?: string
  /** Default 'count'. */
  readonly yLabel?: string
}

/** How many values lie in each of `bins` equal parts of `range`, the upper edge in the last one; what is outside or NaN counts nowhere. */
export function countBins(values: ArrayLike<number>, bins: number, range: readonly [number, number]): number[] {
  const counts = new Array<number>(bins).fill(0)
  const [low, high] = range
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (!(value >= low && value <= high)) continue
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts
}

function rangeOf(panels: HistogramOptions['panels']): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { values } of panels) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number
      if (!(Math.abs(value) <= greatest)) continue
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  if (low > high) return [0, 1]
  // One value only still needs bins around it.
  return high - low >= shortest ? [low, high] : [low - 0.5, high + 0.5]
}

function panelOf(
  name: string,
  values: ArrayLike<number>,
  range: readonly [number, number],
  options: HistogramOptions,
): Panel {
  const { bins = 30, xLabel, yLabel = 'count' } = options
  const counts = countBins(values, bins, range)
  const left = values.length - counts.reduce((sum, count) => sum + count, 0)
  const edge = (bin: number) => range[0] + ((range[1] - range[0]) * bin) / bins
  // The outline of the bars: from each edge at its bar's height to the next edge.
  const outline = counts.map((count, bin): [number, number] => [edge(bin), count])
  const color = palette[0]
  return {
    name: left === 0 ? name : `${name} (${left} not shown)`,
    x: { name: xLabel, range, labels: 4 },
    y: { name: yLabel, labels: 4, fromZero: true },
    series: [
      {
        type: 'line',
        name: chartText(name),
        step: 'end',
        data: [[range[0], 0], ...outline, [range[1], counts.at(-1) ?? 0], [range[1], 0]],
        showSymbol: false,
        silent: true,
        itemStyle: { color },
        lineStyle: { width: 1 },
        areaStyle: { color, opacity: 0.55, origin: 'start' },
      },
    ],
  }
}

/**
 * Draws histograms with the same bins beside each other (220 × 200 pixels each) as SVG text. Values outside `range` and
 * values that are not finite are left out; the panel's name says how many.
 */
export async function histogram(options: HistogramOptions): Promise<string> {
  const where = 'histogram'
  const names = ['title', 'subtitle', 'width', 'height', 'panels', 'bins', 'range', 'columns', 'xLabel', 'yLabel']
  checkOptions(where, options, names)
  checkChart(where, options)
  const { panels, bins = 30, range } = options
  checkCount(where, 'bins', bins, 1000)
  if (range !== undefined) checkAxisRange(where, 'range', range)
  if (options.xLabel !== undefined) checkText(where, 'xLabel', options.xLabel)
  if (options.yLabel !== undefined) checkText(where, 'yLabel', options.yLabel)
  checkList(where, 'panels', panels)
  for (const [index, { name, values }] of panels.entries()) {
    checkText(where, `panels[${index}].name`, name)
    checkNumbers(where, `panels[${index}].values`, values)
  }
  const columns = Math.min(options.columns ?? 5, panels.length)
  checkCount(where, 'columns', columns)
  const shared = range ?? rangeOf(panels)
  return renderChart({
    where,
    options,
    panels: panels.map(({ name, values }) => panelOf(name, values, shared, options)),
    columns,
    size: [Math.max(420, 220 * columns + 32), 200 * Math.ceil(panels.length / columns) + 60],
  })
}
