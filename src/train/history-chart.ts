// The curves of a history as one picture: loss, and accuracy where it was measured.

import type { History } from './history.js'

export interface HistoryChartOptions {
  /** Default: `Training`. */
  readonly title?: string
  /** One line under the title. */
  readonly subtitle?: string
}

/** Loss, and accuracy where it was measured, each of training and validation. */
export function historyPanels({ epoch, loss, valLoss, accuracy, valAccuracy }: History) {
  const epochs = epoch.map((number) => number + 1)
  const markers = epochs.length <= 30
  const panel = (name: string, training: readonly number[], validation: readonly number[]) => {
    const lines = [
      { name: 'training', x: epochs, y: training, markers },
      { name: 'validation', x: epochs, y: validation, markers },
    ]
    return { name, series: lines.filter(({ y }) => y.length > 0) }
  }
  const panels = [panel('loss', loss, valLoss), panel('accuracy', accuracy, valAccuracy)]
  return panels.filter(({ series }) => series.length > 0)
}

/** Panels side by side, as SVG text. */
export async function historyChart(history: History, options: HistoryChartOptions = {}): Promise<string> {
  const { lineChartGrid } = await import('../report/line-chart.js')
  const { title = 'Training', subtitle } = options
  return await lineChartGrid({
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    panels: historyPanels(history),
    xLabel: 'epoch',
    xWhole: true,
    yLabel: '',
    width: 760,
    height: 320,
  })
}
