// Regression: what was predicted against what is true.

import { lineChart } from '../report/line-chart.js'
import { chart, type Html } from './html.js'
import type { Estimated } from './judged.js'

const mostPoints = 2000

/** Points along the diagonal are right. Of many samples every n-th. */
export async function predictedAgainstTrue({ truths, predictions, outputs }: Estimated): Promise<Html> {
  const every = Math.max(1, Math.ceil(truths.length / outputs / mostPoints)) * outputs
  const places = Array.from({ length: Math.ceil(truths.length / every) }, (_, i) => i * every)
  const x = places.map((i) => truths[i] as number)
  const y = places.map((i) => predictions[i] as number)
  const ends = [Math.min(...x, ...y), Math.max(...x, ...y)]
  const series = [
    { name: 'right', x: ends, y: ends, background: true },
    // Each point a line of its own: points of a scatter are not connected.
    ...x.map((value, i) => ({ name: 'samples', x: [value], y: [y[i] as number], markers: true })),
  ]
  const svg = await lineChart({ title: 'Predicted against true', series, xLabel: 'true', yLabel: 'predicted' })
  return chart(svg, 'What was predicted against what is true')
}
