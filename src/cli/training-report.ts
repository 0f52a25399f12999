// What came of a training: as lines to read, and as the one line of JSON that `--json` prints.

import { counted } from '../errors.js'
import type { MetricValue } from '../metrics/metric.js'
import type { HealthReport } from '../train/health-report.js'
import type { Evaluation } from '../train/options.js'
import { metricLines } from './metrics.js'

/** The model in the end, on each part of the data. */
export interface Parts {
  readonly train: Evaluation
  /** What `--validation-split` has kept back. */
  readonly val?: Evaluation
  readonly test: Evaluation
}

/** Seconds and rate are of training alone, without evaluation and without loading the data. */
export interface Outcome {
  readonly dataset: string
  readonly model: string
  readonly epochs: number
  /** Why training ended before its last epoch. */
  readonly stopReason?: string | undefined
  readonly parts: Parts
  /** Of label 0, 1, 2, … */
  readonly classNames?: readonly string[] | undefined
  /** Of the last epoch, where `--health` asked for it. */
  readonly health?: HealthReport | undefined
  readonly parameters: number
  readonly trainSeconds: number
  /** Undefined for a run that was stopped before its first step. */
  readonly samplesPerSecond?: number | undefined
  readonly backend: string
  readonly isa: string
  readonly threads: number
  /** The file that the model was saved to. */
  readonly saved?: string | undefined
  /** The page that `--report` has asked for. */
  readonly report?: string | undefined
}

/** The outcome in one object, figures of the parts as `trainLoss`, `testAccuracy`, `testF1`. */
export function resultJson(outcome: Outcome): string {
  const { dataset, model, epochs, stopReason, parts, parameters, ...others } = outcome
  const figures = Object.entries<Evaluation>({ ...parts }).flatMap(([part, evaluation]) =>
    Object.entries(flat(evaluation)).map(([name, value]) => [
      `${part}${name[0]?.toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  )
  const trainSeconds = Number(outcome.trainSeconds.toFixed(4))
  const named = Object.fromEntries(figures)
  const all = { dataset, model, epochs, stopReason, ...named, parameters, ...others, trainSeconds }
  return JSON.stringify(all)
}

/** An evaluation with its metrics beside its loss. */
export const flat = ({ metrics, ...figures }: Evaluation): Readonly<Record<string, MetricValue>> => ({
  ...figures,
  ...metrics,
})

const partNames = { train: 'train', val: 'validation', test: 'test' } as const

export function resultText(outcome: Outcome): string {
  const { model, epochs, stopReason, parts, backend, isa, threads, saved, report } = outcome
  const named = Object.entries(partNames).flatMap(([part, name]): [string, Evaluation][] => {
    const evaluation = parts[part as keyof Parts]
    return evaluation === undefined ? [] : [[name, evaluation]]
  })
  // Accuracies where the loss classifies, else losses.
  const what = parts.test.accuracy === undefined ? 'loss' : 'accuracy'
  const figures = named.map(([name, evaluation]) => `${name} ${what} ${(evaluation[what] as number).toFixed(4)}`)
  const metrics = Object.keys(parts.test.metrics ?? {}).flatMap((metric) =>
    metricLines(
      metric,
      Object.fromEntries(named.map(([name, evaluation]) => [name, evaluation.metrics?.[metric] as MetricValue])),
      outcome.classNames,
    ),
  )
  const rate =
    outcome.samplesPerSecond === undefined ? '' : ` (${outcome.samplesPerSecond.toLocaleString('en-US')} samples/s)`
  const lines = [
    '',
    `${model} after ${counted(epochs, 'epoch')}: ${figures.join(', ')}`,
    ...metrics,
    ...(stopReason === undefined ? [] : [`ended early: ${stopReason}`]),
    `${outcome.parameters.toLocaleString('en-US')} parameters, trained in ${outcome.trainSeconds.toFixed(2)} s${rate} on ` +
      `backend ${backend}, ISA ${isa}, threads ${threads}`,
    ...(saved === undefined ? [] : [`saved to ${saved}`]),
    ...(report === undefined ? [] : [`report: ${report}`]),
  ]
  return lines.join('\n')
}
