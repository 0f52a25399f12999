// History: what training measured, epoch by epoch.

import { checkOptions, counted, describe, netwrightError } from '../errors.js'
import { csvLine } from '../files/csv.js'
import { inspectCustom } from '../inspect-custom.js'
import type { MetricValue } from '../metrics/metric.js'
import { numberText, textTable } from '../text-table.js'
import type { HealthReport } from './health-report.js'
import type { HistoryChartOptions } from './history-chart.js'

/** One epoch's figures. */
export interface EpochLogs {
  /** Mean loss over the epoch's training batches, as they were trained. */
  readonly loss: number
  /** Share of correct predictions over the same batches; undefined for a loss that does not classify. */
  readonly accuracy?: number
  /** On the validation data, after the epoch; undefined without validation data. */
  readonly valLoss?: number
  readonly valAccuracy?: number
  /** Of the metrics that were asked for, by name: over the training batches, and on the validation data. */
  readonly metrics?: Readonly<Record<string, MetricValue>>
  readonly valMetrics?: Readonly<Record<string, MetricValue>>
  /** Seconds spent training, without evaluation. */
  readonly seconds: number
  readonly samplesPerSecond: number
  /** The learning rate of the epoch's last step. */
  readonly lr: number
  /** How the epoch's last step left the model, where `fit` was asked for it. */
  readonly health?: HealthReport
}

/** The names of an epoch's numbers, in the order of columns. */
export const figures = [
  'loss',
  'accuracy',
  'valLoss',
  'valAccuracy',
  'seconds',
  'samplesPerSecond',
  'lr',
] as const satisfies readonly (keyof EpochLogs)[]

/** Those that every epoch has. */
const required: readonly string[] = ['loss', 'seconds', 'samplesPerSecond', 'lr'] satisfies (typeof figures)[number][]

/** A History as a plain object, for JSON. */
export type HistoryColumns = Pick<
  History,
  'epoch' | (typeof figures)[number] | 'metrics' | 'valMetrics' | 'stopped' | 'stopReason'
>

/** `stopReason` of a run that its AbortSignal has ended. */
export const abortedReason = 'aborted by its signal'

/** At most so many epochs are printed whole; of others the first and the last. */
const printedEpochs = 12

/**
 * Columns of figures, one entry per epoch, or none at all for what was not measured. NaN where only other epochs have a
 * value. Plain arrays of its own: changing them changes nothing else.
 *
 *     const history = await model.fit(train, { … })
 *     console.log(history) // a table
 *     await writeFile('history.csv', history.toCSV())
 *     await writeFile('history.json', JSON.stringify(history))
 */
export class History {
  /** The epochs' numbers, from 0, as callbacks are told them. */
  readonly epoch: number[] = []
  readonly loss: number[] = []
  readonly accuracy: number[] = []
  readonly valLoss: number[] = []
  readonly valAccuracy: number[] = []
  readonly seconds: number[] = []
  readonly samplesPerSecond: number[] = []
  /** The learning rate of each epoch's last step. */
  readonly lr: number[] = []
  /** A column for each metric, by name. */
  readonly metrics: Record<string, MetricValue[]> = {}
  /** The same on the validation data. */
  readonly valMetrics: Record<string, MetricValue[]> = {}
  /** True when training ended before its last epoch: by an AbortSignal or by a callback. */
  stopped = false
  /** Why it ended early. */
  stopReason: string | undefined

  #entries: EpochLogs[] = []

  /**
   * The history that `toJSON` or `JSON.parse` answered. NaN and ±Infinity, which JSON does not have, come back as NaN.
   * Throws ERR_ARGUMENT where a column is missing, no list of numbers, or of another length.
   */
  static fromJSON(json: unknown): History {
    const given = requireRecord('json', json)
    const epochs = toColumn('epoch', given.epoch, undefined, toNumber)
    const columns = figures.map((name) => [name, toColumn(name, given[name], epochs.length, toNumber)] as const)
    const byName = (group: 'metrics' | 'valMetrics'): Columns =>
      Object.entries(requireRecord(group, given[group])).map(
        ([name, column]) => [name, toColumn(`${group}.${name}`, column, epochs.length, toValue)] as const,
      )
    const [metrics, valMetrics] = [byName('metrics'), byName('valMetrics')]
    const history = new History()
    for (const [row, epoch] of epochs.entries()) {
      const logs = { ...rowOf(columns, row), metrics: rowOf(metrics, row), valMetrics: rowOf(valMetrics, row) }
      // Every figure that is not optional has an entry.
      history.push(logs as unknown as EpochLogs, epoch)
    }
    history.stopped = given.stopped === true
    if (typeof given.stopReason === 'string') history.stopReason = given.stopReason
    return history
  }

  /** Of a run that was aborted before it had any data. */
  static abortedBeforehand(): History {
    const history = new History()
    history.stopped = true
    history.stopReason = abortedReason
    return history
  }

  /** The epochs' figures so far, one object for each. */
  get entries(): readonly EpochLogs[] {
    return this.#entries.slice()
  }

  /** Number of whole epochs. */
  get epochs(): number {
    return this.loss.length
  }

  /** Becomes a history of `entries`, the first of which is epoch `first`. */
  assign(entries: readonly EpochLogs[], first: number): void {
    for (const column of [this.epoch, ...figures.map((name) => this[name])]) column.length = 0
    for (const columns of [this.metrics, this.valMetrics]) for (const name of Object.keys(columns)) delete columns[name]
    this.#entries = []
    for (const [i, logs] of entries.entries()) this.push(logs, first + i)
  }

  /** Adds an epoch; its number goes on from the last one's where it is not given. */
  push(logs: EpochLogs, epoch = (this.epoch.at(-1) ?? -1) + 1): void {
    const rows = this.epochs
    this.#entries.push(logs)
    this.epoch.push(epoch)
    for (const name of figures) put(this[name], rows, logs[name])
    putAll(this.metrics, rows, logs.metrics)
    putAll(this.valMetrics, rows, logs.valMetrics)
  }

  /** All columns, as copies: what JSON.stringify writes. */
  toJSON(): HistoryColumns {
    return structuredClone({ ...this })
  }

  /**
   * A header and a line per epoch: `epoch`, every figure (an empty cell where it was not measured), then
   * `metrics.NAME` and `valMetrics.NAME`. Numbers as JavaScript prints them, NaN as an empty cell, lists as JSON;
   * quoted as RFC 4180 says. Lines end with \n. CSVLogger writes the same.
   */
  toCSV(): string {
    const columns = [['epoch', this.epoch] as const, ...this.#columns()]
    const rows = this.epoch.map((_, row) => csvLine(columns.map(([, column]) => column[row])))
    return csvLine(columns.map(([name]) => name)) + rows.join('')
  }

  /**
   * The curves of loss and accuracy, of training and validation, as the text of an SVG picture: write it to a file, or
   * `writePicture('curves', svg)` for a PNG as well. Rejects with ERR_STATE before the first epoch's end, ERR_ARGUMENT for
   * an option that there is not.
   */
  async toSVG(options?: HistoryChartOptions): Promise<string> {
    if (this.epochs === 0) throw netwrightError('ERR_STATE', 'History.toSVG: no epoch has ended yet, nothing to draw')
    if (options !== undefined) checkOptions('History.toSVG', options, ['title', 'subtitle'])
    const { historyChart } = await import('./history-chart.js')
    return await historyChart(this, options)
  }

  /** console.log prints a table of what was measured, lists in short; of many epochs the first and the last. */
  [inspectCustom](): string {
    const columns: (readonly [string, readonly MetricValue[]])[] = [
      ['epoch', this.epoch],
      ...this.#columns().filter(([, column]) => column.length > 0),
    ]
    const line = (row: number): string[] => columns.map(([, column]) => cellText(column[row]))
    const rows = this.epoch.map((_, row) => row)
    const half = Math.floor(printedEpochs / 2)
    const lines =
      rows.length <= printedEpochs
        ? rows.map(line)
        : [...rows.slice(0, half).map(line), columns.map(() => '…'), ...rows.slice(-half).map(line)]
    const table = textTable([columns.map(([name]) => name), ...lines], 0)
    const end = this.stopped ? `, stopped: ${this.stopReason ?? 'early'}` : ''
    const title = `History of ${counted(this.epochs, 'epoch')}${end}`
    return [title, ...(this.epochs === 0 ? [] : table)].join('\n')
  }

  /** Every column but `epoch`, as CSV names it. */
  #columns(): (readonly [string, readonly MetricValue[]])[] {
    return [
      ...figures.map((name) => [name, this[name]] as const),
      ...Object.entries(this.metrics).map(([name, column]) => [`metrics.${name}`, column] as const),
      ...Object.entries(this.valMetrics).map(([name, column]) => [`valMetrics.${name}`, column] as const),
    ]
  }
}

/** `value` as entry `row` of a column, which stays empty until there is one. */
function put(column: MetricValue[], row: number, value: MetricValue | undefined): void {
  if (value === undefined && column.length === 0) return
  while (column.length < row) column.push(Number.NaN)
  column.push(value ?? Number.NaN)
}

function putAll(
  columns: Record<string, MetricValue[]>,
  row: number,
  values: Readonly<Record<string, MetricValue>> = {},
): void {
  for (const name of Object.keys(values)) columns[name] ??= []
  for (const [name, column] of Object.entries(columns)) put(column, row, values[name])
}

function cellText(value: MetricValue | undefined): string {
  if (typeof value === 'number') return Number.isNaN(value) ? '' : numberText(value)
  return value === undefined ? '' : `[${value.length} values]`
}

type Columns = readonly (readonly [name: string, column: readonly MetricValue[]])[]

/** What the columns have in `row`. */
function rowOf(columns: Columns, row: number): Record<string, MetricValue | undefined> {
  return Object.fromEntries(
    columns.filter(([, column]) => column.length > 0).map(([name, column]) => [name, column[row]]),
  )
}

const wrongJson = (problem: string): Error =>
  netwrightError('ERR_ARGUMENT', `History.fromJSON: ${problem}`, 'TypeError')

function requireRecord(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw wrongJson(`${what} is ${describe(value)}, expected an object of columns`)
}

/** JSON has null for NaN. */
function toNumber(what: string, value: unknown): number {
  if (value === null) return Number.NaN
  if (typeof value === 'number') return value
  throw wrongJson(`${what} has ${describe(value)}, expected numbers`)
}

const toValue = (what: string, value: unknown): MetricValue =>
  Array.isArray(value) ? (value.map((item) => toValue(what, item)) as readonly number[]) : toNumber(what, value)

/** A column with an entry for each of `epochs`; one that need not have been measured may be empty. */
function toColumn<T>(
  what: string,
  value: unknown,
  epochs: number | undefined,
  to: (what: string, item: unknown) => T,
): T[] {
  if (!Array.isArray(value)) throw wrongJson(`${what} is ${describe(value)}, expected a list with an entry per epoch`)
  const isOptional = !required.includes(what)
  if (epochs !== undefined && value.length !== epochs && !(isOptional && value.length === 0)) {
    throw wrongJson(`${what} has ${value.length} entries, epoch has ${epochs}`)
  }
  return value.map((item) => to(what, item))
}
