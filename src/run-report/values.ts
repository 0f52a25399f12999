// Regression: what was predicted against what is true.

import { niceStep } from '../report/chart.js'
import { greatest } from '../report/chart-options.js'
import { lineChart } from '../report/line-chart.js'
import { chart, type Html } from './html.js'
import type { Estimated } from './judged.js'

const mostPoints = 2000
/** Steps between the ends of an axis. */
const steps = 5

/** Points along the diagonal are right. Of many samples every n-th. */
export async function predictedAgainstTrue({ truths, predictions, outputs }: Estimated): Promise<Html> {
  const every = Math.max(1, Math.ceil(truths.length / outputs / mostPoints)) * outputs
  const places = Array.from({ length: Math.ceil(truths.length / every) }, (_, i) => i * every)
  const x = places.map((i) => truths[i] as number)
  const y = places.map((i) => predictions[i] as number)
  const ends = rangeOf([...x, ...y])
  const series = [
    { name: 'right', x: ends, y: ends, background: true },
    // Each point a line of its own: points of a scatter are not connected.
    ...x.map((value, i) => ({ name: 'samples', x: [value], y: [y[i] as number], markers: true })),
  ]
  const svg = await lineChart({
    title: 'Predicted against true',
    series,
    xLabel: 'true',
    yLabel: 'predicted',
    xRange: ends,
    yRange: ends,
    width: 400,
    height: 400,
  })
  return chart(svg, 'What was predicted against what is true')
}

/** The same for both axes, so that the diagonal is one; ends where labels are. */
export function rangeOf(values: readonly number[]): readonly [number, number] {
  // Rounding to a step must not leave what an axis can show.
  const shown = values.filter((value) => Math.abs(value) < greatest / 10)
  const [low, high] = shown.length === 0 ? [0, 0] : [Math.min(...shown), Math.max(...shown)]
  const size = Math.max(Math.abs(low), Math.abs(high))
  // Numbers that are all but the same still need an axis around them.
  const isNarrow = high - low < Math.max(1e-6 * size, 1e-15)
  const room = isNarrow ? Math.max(size, 1) / 2 : 0
  const step = niceStep((high - low + 2 * room) / steps)
  return [step * Math.floor((low - room) / step), step * Math.ceil((high + room) / step)]
}
