// The curves of a run, on the terminal when it has ended.

import { terminalChart } from '../report/terminal-chart.js'
import type { History } from '../train/history.js'

/** Loss and accuracy over the epochs; nothing of fewer than two. `judgedOn` names the validation data. */
export function terminalCharts(history: History, judgedOn: string, width: number, colors: boolean): string {
  if (history.epochs < 2) return ''
  const { loss, valLoss, accuracy, valAccuracy } = history
  const chart = (title: string, train: readonly number[], judged: readonly number[]): string => {
    const lines = [
      { name: 'train', y: train },
      { name: judgedOn, y: judged },
    ]
    const series = lines.filter(({ y }) => y.length > 0)
    return series.length === 0 ? '' : `\n${terminalChart({ title, series, width: Math.max(24, width), colors })}\n`
  }
  return chart('loss', loss, valLoss) + chart('accuracy', accuracy, valAccuracy)
}
