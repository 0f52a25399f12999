// What training measured, epoch by epoch: a chart for each figure, which a narrow screen shows one below the other.

import { lineChart } from '../report/line-chart.js'
import type { History } from '../train/history.js'
import { historyPanels } from '../train/history-chart.js'
import { chart, type Html, raw } from './html.js'

const size = { width: 400, height: 280 }

/** Loss; accuracy where it was measured; the learning rate where it has changed. */
export async function curves(history: History): Promise<Html> {
  const rate = { name: 'learning rate', x: history.epoch.map((epoch) => epoch + 1), y: history.lr }
  const isSteady = new Set(history.lr).size < 2
  const panels = [...historyPanels(history), ...(isSteady ? [] : [{ name: rate.name, series: [rate] }])]
  const charts = await Promise.all(
    panels.map(async ({ name, series }) => {
      const title = name.charAt(0).toUpperCase() + name.slice(1)
      const svg = await lineChart({ title, series, xLabel: 'epoch', xWhole: true, yLabel: '', ...size })
      return chart(svg, `${title}, epoch by epoch`)
    }),
  )
  return raw(`<div class="charts">${charts.map(({ html }) => html).join('\n')}</div>`)
}
