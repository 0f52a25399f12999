// Metrics as the command line names them, and their values as text.

import { InvalidArgumentError } from 'commander'
import { suggestion } from '../closest.js'
import { f1 } from '../metrics/f1.js'
import type { MetricValue } from '../metrics/metric.js'
import { type MetricLike, type MetricName, metricNames } from '../metrics/metrics.js'
import { precision } from '../metrics/precision.js'
import { recall } from '../metrics/recall.js'
import { topK } from '../metrics/top-k.js'
import { textTable } from '../text-table.js'
import { terminalText } from './terminal-text.js'

/** A number for each class, where the metric of the plain name is their mean. */
const perClass: Readonly<Record<string, MetricLike>> = {
  precisionPerClass: precision({ average: 'none', name: 'precisionPerClass' }),
  recallPerClass: recall({ average: 'none', name: 'recallPerClass' }),
  f1PerClass: f1({ average: 'none', name: 'f1PerClass' }),
}

const names: readonly string[] = [...metricNames, ...Object.keys(perClass)]

/** What `--metrics` takes, for its help. */
export const metricsHelp = `${names.join(', ')}, top5 (or another number)`

/** A parser for metrics, separated by commas. */
export function metrics(text: string): readonly MetricLike[] {
  const words = text.split(',')
  const twice = words.find((word, i) => words.indexOf(word) < i)
  if (twice !== undefined) throw new InvalidArgumentError(`'${twice}' is there twice.`)
  return words.map(metricOf)
}

function metricOf(word: string): MetricLike {
  const [, k] = /^top([1-9]\d{0,5})$/.exec(word) ?? []
  if (k !== undefined) return topK(Number(k))
  if (names.includes(word)) return perClass[word] ?? (word as MetricName)
  throw new InvalidArgumentError(`Expected ${metricsHelp}, separated by commas.${suggestion(word, names)}`)
}

/** Characters of a class's name above a column. */
const longestHeading = 12

/**
 * Lines with the values of one metric on each part of the data; a matrix only of the last part, the test data. Classes
 * go by their names, where those are known.
 */
export function metricLines(
  name: string,
  values: Readonly<Record<string, MetricValue>>,
  classNames?: readonly string[],
): readonly string[] {
  const classText = (label: number): string => terminalText(classNames?.[label] ?? String(label))
  const parts = Object.entries(values)
  if (parts.every(([, value]) => typeof value === 'number')) {
    return [`${name}: ${parts.map(([part, value]) => `${part} ${figureText(value as number)}`).join(', ')}`]
  }
  const lists = parts.map(([part, value]) => [part, value as readonly (number | readonly number[])[]] as const)
  const [last, rows] = lists.at(-1) as (typeof lists)[number]
  if (rows.some((row) => typeof row !== 'number')) {
    const table = rows.map((row, i) => [`  ${classText(i)}`, ...(row as readonly number[]).map(String)])
    const heading = ['', ...rows.map((_, i) => classText(i).slice(0, longestHeading))]
    const lines = textTable(classNames === undefined ? table : [heading, ...table])
    return [`${name} on ${last}, a row for each label, a column for each prediction:`, ...lines]
  }
  const table = rows.map((_, i) => [`  ${classText(i)}`, ...lists.map(([, list]) => figureText(list[i] as number))])
  return [`${name}:`, ...textTable([['  class', ...lists.map(([part]) => part)], ...table])]
}

const figureText = (value: number): string => value.toFixed(4)
