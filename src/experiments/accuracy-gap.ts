// Overfitting as a figure and as a picture: how far accuracy on the training digits is ahead of that on the test digits.

import { lineChartGrid } from '../report/line-chart.js'
import type { AccuracyCurves } from './curves.js'

export interface AccuracyGap {
  readonly trained: number
  readonly tested: number
  readonly gap: number
}

/** After `epoch` epochs, at which the curves must have a point. */
export function gapAt({ epochs, train, test }: AccuracyCurves, epoch: number): AccuracyGap {
  const point = epochs.indexOf(epoch)
  const [trained, tested] = [train[point] as number, test[point] as number]
  return { trained, tested, gap: trained - tested }
}

/** Both accuracies of each run, a panel for each. */
export function accuracyPanels(
  title: string,
  subtitle: string,
  runs: readonly { readonly name: string; readonly curves: AccuracyCurves }[],
): Promise<string> {
  return lineChartGrid({
    title,
    subtitle,
    panels: runs.map(({ name, curves }) => ({
      name,
      series: [
        { name: 'training', x: curves.epochs, y: curves.train },
        { name: 'test', x: curves.epochs, y: curves.test },
      ],
    })),
    xLabel: 'epoch',
    yLabel: 'accuracy',
    xRange: [0, runs[0]?.curves.epochs.at(-1) ?? 1],
    yRange: [0, 1],
    width: 380 * runs.length,
    height: 400,
  })
}
