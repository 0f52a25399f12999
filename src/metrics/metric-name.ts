// The name of a metric: an option of each.

import { describe, netwrightError } from '../errors.js'
import type { MetricOptions } from './metric.js'

/** The name in `options`, or `usual`. Throws ERR_ARGUMENT for what is no name. */
export function metricName<Name extends string>(where: string, { name }: MetricOptions<Name>, usual = where): Name {
  if (name === undefined) return usual as Name
  if (typeof name === 'string' && name !== '') return name
  throw netwrightError('ERR_ARGUMENT', `${where}: name is ${describe(name)}, expected a text`, 'TypeError')
}
