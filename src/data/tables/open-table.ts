// Finds out what the columns of a CSV file mean: by a first pass over it, or from other data that were read before.

import { counted, describe, netwrightError, withRemedies } from '../../errors.js'
import { Preprocessing, type TableSource } from '../preprocessing.js'
import { type Column, featurePlaces, placeOf, placesOf } from './choose-columns.js'
import { type CsvFile, type CsvFormat, type CsvRow, checkCsvOptions, csvRows, openCsv } from './csv-rows.js'
import { type ColumnKind, ColumnSurvey } from './survey-column.js'
import { TargetSurvey, type Task } from './survey-target.js'
import { hasNames, isIncomplete, placesOfSource, type Table } from './table.js'

export interface CsvOptions extends CsvFormat {
  /** The column of the targets. Required, unless `preprocessing` knows it. */
  readonly target?: Column
  /** The columns of the samples, in this order. Default: all others. */
  readonly features?: readonly Column[]
  /** Columns of texts, a feature of 0 or 1 for each text that occurs (one-hot); `true`: those whose first cell is no number. */
  readonly categorical?: readonly Column[] | true
  /**
   * `classify`: the target names classes; `regress`: it is a value. Default: texts are classes, and so are the whole
   * numbers 0, 1, … K - 1, where all of them occur; numbers with a fraction are values; other whole numbers may be
   * either, and are an error that asks.
   */
  readonly task?: Task
  /**
   * What becomes of empty cells of features: an error (default); the column's mean, or this number, and for a category
   * none of its features; or the row is dropped, also where the target is empty, which is an error otherwise.
   */
  readonly missing?: 'error' | 'mean' | 'drop' | number
  /**
   * Reads columns, categories, numbers for empty cells, classes and transforms as this has them, in place of finding
   * them out: for test data, `preprocessing: train.preprocessing`.
   */
  readonly preprocessing?: Preprocessing
}

const csvOptions = ['target', 'features', 'categorical', 'task', 'missing', 'preprocessing']

const rowsOfProgress = 1 << 16

interface Survey {
  /** Called with the number of rows read, now and then. */
  readonly onProgress?: ((rows: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

interface OpenTable {
  readonly table: Table
  readonly preprocessing: Preprocessing
  /** Rows that it has; undefined where nobody counted. */
  readonly rows: number | undefined
}

/** Throws as `readCsv` says. */
export async function openTable(
  where: string,
  path: string,
  options: CsvOptions,
  survey: Survey = {},
): Promise<OpenTable> {
  checkCsvOptions(where, options, csvOptions)
  return options.preprocessing === undefined
    ? surveyTable(where, path, options, survey)
    : knownTable(where, path, options.preprocessing, options)
}

/** A table whose columns mean what they mean in other data. */
async function knownTable(
  where: string,
  path: string,
  preprocessing: Preprocessing,
  options: CsvOptions,
): Promise<OpenTable> {
  const both = (['features', 'categorical', 'task', 'missing'] as const).find((name) => options[name] !== undefined)
  if (both !== undefined) {
    throw netwrightError('ERR_ARGUMENT', `${where}: preprocessing says ${both} already, expected one of the two`)
  }
  const source = tableSource(where, preprocessing)
  const file = await openCsv(where, path, { header: hasNames(source), ...options })
  const place = placeOf(where, 'target', options.target ?? source.target, file)
  const target = { place, classNames: preprocessing.classNames }
  return {
    table: { file, source, places: placesOfSource(file, source), target, drop: false },
    preprocessing,
    rows: undefined,
  }
}

/** Finds out, in one pass, what the columns of a table mean. */
async function surveyTable(where: string, path: string, options: CsvOptions, survey: Survey): Promise<OpenTable> {
  const { categorical = [], task, missing = 'error' } = options
  checkChoices(where, options)
  const file = await openCsv(where, path, options)
  const targetPlace = placeOf(where, 'target', options.target, file)
  const places = featurePlaces(where, options.features, targetPlace, file)
  const ofTexts = categorical === true ? [] : placesOf(where, 'categorical', categorical, file)
  const stray = ofTexts.find((place) => !places.includes(place))
  if (stray !== undefined) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: categorical has ${describe(file.names[stray])}, which is no feature`,
    )
  }
  const kindOf = (place: number): ColumnKind =>
    categorical === true ? 'as first' : ofTexts.includes(place) ? 'texts' : 'numbers'
  const columns = places.map((place) => new ColumnSurvey(path, file.names[place] as string, kindOf(place)))
  const targets = new TargetSurvey(path, file.names[targetPlace] as string, task)

  const drop = missing === 'drop'
  let [rows, dropped] = [0, 0]
  for await (const row of surveyedRows(file, survey)) {
    if (drop && isIncomplete(row, [...places, targetPlace], file)) {
      dropped++
      continue
    }
    rows++
    columns.forEach((column, i) => {
      const cell = row.cells[places[i] as number] as string
      if (!file.missing.has(cell)) column.add(cell, row)
    })
    const target = row.cells[targetPlace] as string
    if (!file.missing.has(target)) targets.add(target, row)
  }
  if (rows === 0) throw noRows(file, dropped)

  const fill = missing === 'mean' || typeof missing === 'number' ? missing : undefined
  const source: TableSource = {
    kind: 'table',
    columns: columns.map((column) => column.toColumn(fill)),
    header: file.hasHeader,
    target: file.names[targetPlace] as string,
  }
  const classNames = targets.classes()
  return {
    table: { file, source, places, target: { place: targetPlace, classNames }, drop },
    preprocessing: new Preprocessing({ source, classNames }),
    rows,
  }
}

/** Rows of `file`, which `survey` hears of. */
async function* surveyedRows(file: CsvFile, { onProgress, signal }: Survey): AsyncGenerator<CsvRow> {
  let rows = 0
  for await (const row of csvRows(file, signal)) {
    yield row
    if (++rows % rowsOfProgress === 0) onProgress?.(rows)
  }
}

/** Rows below the header. Throws ERR_DATA for none. */
export async function countRows(file: CsvFile, survey: Survey): Promise<number> {
  let rows = 0
  for await (const _ of surveyedRows(file, survey)) rows++
  if (rows === 0) throw noRows(file, 0)
  return rows
}

function checkChoices(where: string, { target, task, missing = 'error' }: CsvOptions): void {
  if (target === undefined) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: target is missing, expected the column to learn: its name, or its number (-1 is the last)`,
      'TypeError',
    )
  }
  if (task !== undefined && task !== 'classify' && task !== 'regress') {
    throw netwrightError('ERR_ARGUMENT', `${where}: task is ${describe(task)}, expected 'classify' or 'regress'`)
  }
  if (['error', 'mean', 'drop'].includes(missing as string) || Number.isFinite(missing)) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: missing is ${describe(missing)}, expected 'error', 'mean', 'drop' or a number`,
  )
}

/** The source of `preprocessing`. Throws ERR_ARGUMENT where it is no table's. */
export function tableSource(where: string, preprocessing: unknown): TableSource {
  const source = preprocessing instanceof Preprocessing ? preprocessing.source : undefined
  if (source?.kind === 'table') return source
  const got = source === undefined ? describe(preprocessing) : 'that of pictures'
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: preprocessing is ${got}, expected that of a data set from readCsv, or of a model trained on one`,
    'TypeError',
  )
}

export function noRows({ path, hasHeader }: CsvFile, dropped: number): Error {
  if (dropped === 0) {
    return netwrightError(
      'ERR_DATA',
      `${path}: ${hasHeader ? 'a header without rows' : 'no rows'}, expected at least one`,
    )
  }
  const problem = `${path}: ${counted(dropped, 'row')}, all with an empty cell, expected one without`
  return withRemedies(netwrightError('ERR_DATA', problem), { missing: "fill them: missing: 'mean' or a number" })
}
