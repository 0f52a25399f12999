// What `metrics` of fit and evaluate takes: metrics, losses, and the names of those that need no options.

import { describe, netwrightError } from '../errors.js'
import { mae } from '../losses/absolute-error.js'
import { Loss, requireLoss } from '../losses/loss.js'
import { mse } from '../losses/squared-error.js'
import { accuracy } from './accuracy.js'
import { auc } from './auc.js'
import { confusionMatrix } from './confusion-matrix.js'
import { f1 } from './f1.js'
import { meanLoss } from './mean-loss.js'
import type { Metric } from './metric.js'
import { precision } from './precision.js'
import { r2 } from './r2.js'
import { recall } from './recall.js'
import { rmse } from './rmse.js'

const byName = {
  accuracy,
  precision,
  recall,
  f1,
  confusionMatrix,
  auc,
  mae: () => meanLoss(mae()) as Metric<number, 'mae'>,
  mse: () => meanLoss(mse()) as Metric<number, 'mse'>,
  rmse,
  r2,
} as const satisfies Readonly<Record<string, () => Metric>>

/** A metric without options. */
export type MetricName = keyof typeof byName
/** The names of metrics, for those who ask for them by name. */
export const metricNames = Object.keys(byName) as readonly MetricName[]

/** A metric, its name, or a loss, which stands for its mean per sample: `[topK(5), 'accuracy', mae()]`. */
export type MetricLike = Metric | MetricName | Loss

type MetricOf<Item> = Item extends MetricName
  ? ReturnType<(typeof byName)[Item]>
  : Item extends Metric
    ? Item
    : Metric<number>
/** What a list of metrics comes to: by name, with the type that each metric has. */
export type MetricValues<List extends readonly MetricLike[] = readonly MetricLike[]> = {
  readonly [Item in List[number] as MetricOf<Item>['name']]: MetricOf<Item> extends Metric<infer Value> ? Value : never
}

/**
 * The metrics of a list. Throws ERR_ARGUMENT for what is none, and for two of one name, which logs could not tell apart.
 */
export function toMetrics(where: string, list: readonly MetricLike[] | undefined): readonly Metric[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    const problem = `${where}: metrics is ${describe(list)}, expected a list such as ['accuracy', topK(5)]`
    throw netwrightError('ERR_ARGUMENT', problem, 'TypeError')
  }
  const metrics = list.map((item, i) => toMetric(where, item, i))
  const names = metrics.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice === undefined) return metrics
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: two metrics are called '${twice}', expected different names, as in f1({ average: 'none', name: 'f1PerClass' })`,
  )
}

function toMetric(where: string, item: unknown, i: number): Metric {
  if (item instanceof Loss) return meanLoss(requireLoss(`${where}: metrics[${i}]`, item))
  if (typeof item === 'string' && Object.hasOwn(byName, item)) return (byName[item as MetricName] as () => Metric)()
  if (isMetric(item)) return item
  const problem = `${where}: metrics[${i}] is ${describe(item)}`
  const expected = `a metric such as topK(5), a loss, or one of ${metricNames.join(', ')}`
  throw netwrightError('ERR_ARGUMENT', `${problem}, expected ${expected}`, 'TypeError')
}

function isMetric(item: unknown): item is Metric {
  if (typeof item !== 'object' || item === null) return false
  const { name, measurements, check, value } = item as Partial<Metric>
  return (
    typeof name === 'string' &&
    Array.isArray(measurements) &&
    typeof check === 'function' &&
    typeof value === 'function'
  )
}
