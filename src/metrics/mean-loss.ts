// A loss as a metric: its mean per sample.

import { netwrightError } from '../errors.js'
import { Node, Pass } from '../layers/node.js'
import type { Loss } from '../losses/loss.js'
import type { Measured, Measurement, Metric } from './metric.js'

/** The loss of each sample. */
export const lossOf = (loss: Loss): Measurement => ({
  element: 'real',
  width: () => 1,
  compute: ({ kernels, prediction, target }) =>
    loss.compute(new Node(new Pass(kernels, false), loss.name, [false]), prediction, target),
})

/** The mean over a pass, added up in float64. */
export function meanOf(measurement: Measurement, { samples, of }: Measured): number {
  let sum = 0
  for (const value of of(measurement)) sum += value
  return sum / samples
}

/** What a loss in a list of metrics stands for: its mean per sample, under the loss's name. */
export function meanLoss(loss: Loss): Metric<number> {
  const losses = lossOf(loss)
  return {
    name: loss.name,
    measurements: [losses],
    check: ({ loss: trained, output, targets, target }) => {
      loss.checkShapes(output, targets, target)
      if (trained.ignoreIndex === undefined || trained.ignoreIndex === loss.ignoreIndex) return
      const problem = `${loss.name} as a metric: its ignoreIndex is ${loss.ignoreIndex}, that of the loss ${trained.ignoreIndex}`
      throw netwrightError('ERR_ARGUMENT', `${problem}; expected the same, for samples without a class`)
    },
    value: (measured) => meanOf(losses, measured),
  }
}
