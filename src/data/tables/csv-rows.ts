// The rows of a CSV file as texts, in a stream. What the cells mean is not known here.

import { pipeline, Readable } from 'node:stream'
import {
  checkOptions,
  counted,
  describe,
  netwrightError,
  type Remedies,
  requireFlag,
  withRemedies,
} from '../../errors.js'
import { inspectDataFile } from '../data-file.js'
import { csvBytes } from './csv-bytes.js'

/** How a CSV file is written. */
export interface CsvFormat {
  /** Between two cells of a line; default ','. */
  readonly delimiter?: string
  /**
   * Whether the first line names the columns. Without a header they are 'column 0', 'column 1', … Default: true, with
   * an error for a first line of numbers only, which is none in most files; `header: true` takes it all the same.
   */
  readonly header?: boolean
  /** Cells that hold nothing; default '', 'NA', 'NaN' and '?'. */
  readonly missingValues?: readonly string[]
}

export const formatOptions: readonly (keyof CsvFormat)[] = ['delimiter', 'header', 'missingValues']

export interface CsvRow {
  readonly cells: readonly string[]
  /** Where it is in the file, counted from 1; of a row of several lines the last one. */
  readonly line: number
}

/** A file whose header was read. */
export interface CsvFile {
  readonly path: string
  /** Of the columns, in the file's order. */
  readonly names: readonly string[]
  /** The first line holds names. */
  readonly hasHeader: boolean
  readonly delimiter: string
  readonly missing: ReadonlySet<string>
}

/** Characters of one row. A quote that is never closed would take in the rest of the file. */
const longestRow = 1 << 24

const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** The number that a cell says, undefined for any other text; NaN, Infinity and hexadecimals are other texts. */
export const numberIn = (text: string): number | undefined => (number.test(text) ? Number(text) : undefined)

/** ERR_DATA: what is wrong at a place in a file. */
export const csvError = (path: string, line: number, problem: string, remedies: Remedies = {}): Error =>
  withRemedies(netwrightError('ERR_DATA', `${path}: line ${line}: ${problem}`), remedies)

/** Throws ERR_DATA for a file that is missing, empty or has a bad header; ERR_ARGUMENT for a wrong option. */
export async function openCsv(where: string, path: string, format: CsvFormat): Promise<CsvFile> {
  if (typeof path !== 'string' || path === '') {
    throw netwrightError('ERR_ARGUMENT', `${where}: path is ${describe(path)}, expected a file's path`, 'TypeError')
  }
  const { delimiter = ',', missingValues = ['', 'NA', 'NaN', '?'], header } = format
  if (typeof delimiter !== 'string' || delimiter === '' || /["\r\n]/.test(delimiter)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: delimiter is ${describe(delimiter)}, expected what is between two cells: ',', ';' or '\\t'`,
      'TypeError',
    )
  }
  if (!Array.isArray(missingValues) || !missingValues.every((text) => typeof text === 'string')) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: missingValues is ${describe(missingValues)}, expected a list of texts such as ['', 'NA']`,
      'TypeError',
    )
  }
  const hasHeader = header === undefined ? true : requireFlag(`${where}: header`, header)
  for await (const first of textRows(path, delimiter)) {
    const names = hasHeader ? namesIn(path, first, delimiter, header === true) : first.cells.map((_, i) => unnamed(i))
    return { path, names, hasHeader, delimiter, missing: new Set(missingValues) }
  }
  throw netwrightError('ERR_DATA', `${path}: is empty, expected a header and rows`)
}

/** What a column without a name is called. */
export const unnamed = (position: number): string => `column ${position}`

function namesIn(path: string, { cells, line }: CsvRow, delimiter: string, sure: boolean): readonly string[] {
  if (!sure && cells.every((cell) => numberIn(cell) !== undefined)) {
    throw csvError(path, line, 'the header has only numbers', { header: 'for a file without one, header: false' })
  }
  const other = [';', '\t', ',', '|'].find((sign) => sign !== delimiter && cells[0]?.includes(sign))
  if (cells.length === 1 && other !== undefined) {
    const delimiter = `set delimiter: ${describe(other)}`
    throw csvError(path, line, `the header is one column, ${describe(cells[0])}`, { delimiter })
  }
  const names = cells.map((cell, i) => (cell === '' ? unnamed(i) : cell))
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i)
  if (twice < 0) return names
  const name = names[twice] as string
  throw csvError(
    path,
    line,
    `columns ${names.indexOf(name)} and ${twice} are both called ${describe(name)}, expected names that differ`,
  )
}

/** The rows below the header, every one with a cell for each column. Throws ERR_DATA, naming the line, or the signal's reason. */
export async function* csvRows(
  { path, names, hasHeader, delimiter }: CsvFile,
  signal?: AbortSignal,
): AsyncGenerator<CsvRow> {
  let isHeader = hasHeader
  for await (const row of textRows(path, delimiter)) {
    signal?.throwIfAborted()
    if (isHeader) {
      isHeader = false
      continue
    }
    const { length } = row.cells
    if (length !== names.length) {
      const model = hasHeader ? 'the header' : 'the first row'
      throw csvError(path, row.line, `${counted(length, 'cell')}, expected ${names.length} as in ${model}`)
    }
    yield row
  }
}

async function* textRows(path: string, delimiter: string): AsyncGenerator<CsvRow> {
  const file = await inspectDataFile(path, 'a CSV file')
  const { parse } = await import('../libraries/csv-parse.js')
  const parser = parse({
    delimiter,
    bom: true,
    // Spaces around a cell do not count, unless they are quoted.
    trim: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: longestRow,
    // Ragged rows get an error of our own; `info` has the line.
    relax_column_count: true,
    info: true,
  })
  // Errors come out of the parser's iterator; the callback keeps them from being thrown a second time.
  pipeline(Readable.from(csvBytes(file)), parser, () => {})
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) yield { cells: record, line: info.lines }
  } catch (error) {
    throw parseFailure(path, error)
  }
}

interface ParsedRow {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const parseProblems: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quoted cell is not closed before the end of the file',
  INVALID_OPENING_QUOTE: 'a quote within a cell; such a cell is quoted as a whole, with "" for each quote in it',
  CSV_INVALID_CLOSING_QUOTE: 'a text behind a closing quote, expected the delimiter or the end of the line',
  CSV_MAX_RECORD_SIZE: `a row of more than ${longestRow} characters; is a quote not closed?`,
}

function parseFailure(path: string, error: unknown): unknown {
  const { code = '', lines } = error as { code?: string; lines?: number }
  const problem = Object.hasOwn(parseProblems, code) ? parseProblems[code] : undefined
  return problem === undefined || lines === undefined ? error : csvError(path, lines, problem)
}

/** Throws ERR_ARGUMENT for anything but an object with these names. */
export const checkCsvOptions = (where: string, options: unknown, names: readonly string[]): void =>
  checkOptions(where, options, [...names, ...formatOptions])
