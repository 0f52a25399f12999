// RMSE: the root of the mean squared error.

import { checkOptions } from '../errors.js'
import { mse } from '../losses/squared-error.js'
import { lossOf, meanOf } from './mean-loss.js'
import type { Metric, MetricOptions } from './metric.js'
import { metricName } from './metric-name.js'
import { requireNumbers } from './regression.js'

/** The squared error of each sample, a mean over its outputs. */
const squaredErrors = lossOf(mse())

/** Root mean squared error: √ of the mean of (prediction - target)² over all outputs of all samples. */
export function rmse<Name extends string = 'rmse'>(options: MetricOptions<Name> = {}): Metric<number, Name> {
  checkOptions('rmse', options, ['name'])
  return {
    name: metricName('rmse', options),
    measurements: [squaredErrors],
    check: (task) => requireNumbers('rmse', task),
    value: (measured) => Math.sqrt(meanOf(squaredErrors, measured)),
  }
}
