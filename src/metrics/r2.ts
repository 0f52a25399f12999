// R²: the share of the targets' variance that the predictions explain.

import { checkOptions } from '../errors.js'
import { sizeOf } from '../tensor/shape.js'
import type { TensorData } from '../tensor/tensor.js'
import type { Measurement, Metric, MetricOptions, Task } from './metric.js'
import { metricName } from './metric-name.js'
import { requireNumbers } from './regression.js'

const width = ({ output }: Task): number => sizeOf(output)
const predictions: Measurement = { element: 'real', width, compute: ({ prediction }) => prediction }
const targets: Measurement = { element: 'real', width, compute: ({ target }) => target }

/**
 * Coefficient of determination: 1 - Σ (target - prediction)² / Σ (target - mean target)², the mean of that over the
 * outputs, as in scikit-learn. 1 is a perfect prediction, 0 one as good as the mean; there is no least value. An output
 * whose targets are all the same gives 1 where every prediction is right, else 0. Keeps the predictions and targets of a
 * pass: as much memory as the targets twice.
 */
export function r2<Name extends string = 'r2'>(options: MetricOptions<Name> = {}): Metric<number, Name> {
  checkOptions('r2', options, ['name'])
  return {
    name: metricName('r2', options),
    measurements: [predictions, targets],
    check: (task) => requireNumbers('r2', task),
    value: ({ task, of }) => {
      const outputs = width(task)
      let sum = 0
      for (let output = 0; output < outputs; output++) {
        sum += explained(of(predictions), of(targets), output, outputs)
      }
      return sum / outputs
    },
  }
}

/** R² of every `step`-th number from `first` on. The mean comes first: sums of squares would cancel. */
function explained(predicted: TensorData, wanted: TensorData, first: number, step: number): number {
  let sum = 0
  for (let i = first; i < wanted.length; i += step) sum += wanted[i] as number
  const mean = sum / (wanted.length / step)
  let [residual, total] = [0, 0]
  for (let i = first; i < wanted.length; i += step) {
    const target = wanted[i] as number
    residual += (target - (predicted[i] as number)) ** 2
    total += (target - mean) ** 2
  }
  if (total === 0) return residual === 0 ? 1 : 0
  return 1 - residual / total
}
