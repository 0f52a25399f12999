// A table: a CSV file together with what its columns mean, and its rows as samples and targets in pieces.

import { describe, netwrightError } from '../../errors.js'
import { Tensor } from '../../tensor/tensor.js'
import type { TableColumn, TableSource } from '../preprocessing.js'
import { notThere } from './choose-columns.js'
import { type CsvFile, type CsvRow, csvError, csvRows, numberIn, unnamed } from './csv-rows.js'
import { notANumber } from './survey-column.js'
import { classKey } from './survey-target.js'

export interface Table {
  readonly file: CsvFile
  readonly source: TableSource
  /** Of the source's columns in the file. */
  readonly places: readonly number[]
  /** Undefined where targets are not read. */
  readonly target: { readonly place: number; readonly classNames: readonly string[] | undefined } | undefined
  /** Rows with an empty cell are passed over. */
  readonly drop: boolean
}

/** Rows of a table: x (n, features) float32, y (n) int32 labels or (n, 1) float32 values. */
export interface TableChunk {
  readonly x: Tensor
  readonly y: Tensor | undefined
}

const rowsOfChunk = 1024

/** Whether `row` has an empty cell at one of `places`. */
export const isIncomplete = ({ cells }: CsvRow, places: readonly number[], { missing }: CsvFile): boolean =>
  places.some((place) => missing.has(cells[place] as string))

/**
 * Where the columns of `source` are in `file`: by their names, or, where neither has names, one after the other or as in
 * the file that the source is from. Throws ERR_DATA for a column that is not there.
 */
export function placesOfSource(file: CsvFile, { columns, target }: TableSource): readonly number[] {
  if (!file.hasHeader && file.names.length === columns.length) return columns.map((_, place) => place)
  return columns.map(({ name }) => {
    const place = file.names.indexOf(name)
    if (place >= 0) return place
    const others = target === undefined ? '' : `, besides the target ${describe(target)}`
    throw netwrightError(
      'ERR_DATA',
      `${file.path}: expected a column ${describe(name)} as in the data of the model${others}, ${notThere(name, file)}`,
    )
  })
}

/** Whether `source` is a file with a header; one that does not say so had one if its columns have names. */
export const hasNames = ({ header, columns }: TableSource): boolean =>
  header ?? columns.some(({ name }) => !isUnnamed(name))
const isUnnamed = (name: string): boolean => name === unnamed(Number(name.split(' ')[1]))

/** The rows of `table`, in order. Throws ERR_DATA for a cell that its column cannot hold, naming line and column. */
export async function* tableChunks(table: Table, signal?: AbortSignal): AsyncGenerator<TableChunk> {
  const { file, source, places, target, drop } = table
  const used = target === undefined ? places : [...places, target.place]
  const samples = new SampleCells(file, source, places)
  const targets = target && new TargetCells(file, target)
  let chunk = new ChunkRows(samples.width, targets)
  for await (const row of csvRows(file, signal)) {
    if (drop && isIncomplete(row, used, file)) continue
    samples.read(row, chunk.x, chunk.rows * samples.width)
    targets?.read(row, chunk.y, chunk.rows)
    if (++chunk.rows < rowsOfChunk) continue
    yield chunk.finish()
    chunk = new ChunkRows(samples.width, targets)
  }
  if (chunk.rows > 0) yield chunk.finish()
}

/** The rows that are being collected. */
class ChunkRows {
  readonly #width: number
  readonly #targets: TargetCells | undefined
  readonly x: Float32Array
  readonly y: Float32Array | Int32Array
  rows = 0

  constructor(width: number, targets: TargetCells | undefined) {
    this.#width = width
    this.#targets = targets
    this.x = new Float32Array(rowsOfChunk * width)
    this.y = targets?.areLabels ? new Int32Array(rowsOfChunk) : new Float32Array(rowsOfChunk)
  }

  finish(): TableChunk {
    const { rows } = this
    const y = this.y.subarray(0, rows)
    return {
      x: new Tensor(this.x.subarray(0, rows * this.#width), [rows, this.#width]),
      y: this.#targets && new Tensor(y, this.#targets.areLabels ? [rows] : [rows, 1]),
    }
  }
}

/** Cells of features to numbers. */
class SampleCells {
  readonly #file: CsvFile
  readonly #columns: readonly {
    readonly column: TableColumn
    readonly place: number
    readonly at: number
    readonly categories: ReadonlyMap<string, number> | undefined
  }[]
  /** Features of a sample. */
  readonly width: number

  constructor(file: CsvFile, source: TableSource, places: readonly number[]) {
    this.#file = file
    let at = 0
    this.#columns = source.columns.map((column, i) => {
      const { categories } = column
      const start = at
      at += categories?.length ?? 1
      const numbered = categories && new Map(categories.map((text, feature) => [text, feature]))
      return { column, place: places[i] as number, at: start, categories: numbered }
    })
    this.width = at
  }

  /** Writes a sample to `into`, which is zeros, from `offset` on. */
  read(row: CsvRow, into: Float32Array, offset: number): void {
    const { missing } = this.#file
    for (const { column, place, at, categories } of this.#columns) {
      const cell = row.cells[place] as string
      const isMissing = missing.has(cell) && !categories?.has(cell)
      if (isMissing && column.missing === undefined) throw this.#empty(row, column, cell)
      if (categories === undefined) {
        into[offset + at] = isMissing ? (column.missing as number) : float32Of(this.#file, row, column.name, cell)
      } else if (!isMissing) {
        const feature = categories.get(cell)
        if (feature === undefined) throw this.#unknown(row, column, cell)
        into[offset + at + feature] = 1
      }
    }
  }

  #empty({ line }: CsvRow, { name }: TableColumn, cell: string): Error {
    const what = cell === '' ? 'an empty cell' : `${describe(cell)}, which stands for nothing`
    return csvError(this.#file.path, line, `column ${describe(name)} has ${what}, expected a value`, {
      missing: "when training data are read, missing: 'mean', 'drop' or a number says what to do",
    })
  }

  #unknown({ line }: CsvRow, { name, categories = [] }: TableColumn, cell: string): Error {
    const known = categories.slice(0, 20).map(describe).join(', ')
    const more = categories.length > 20 ? `, … (${categories.length})` : ''
    return csvError(
      this.#file.path,
      line,
      `column ${describe(name)} has the category ${describe(cell)}, expected one of the training data: ${known}${more}`,
    )
  }
}

/** Cells of the target to labels or values. */
class TargetCells {
  readonly #file: CsvFile
  readonly #place: number
  readonly #labels: ReadonlyMap<string, number> | undefined

  constructor(file: CsvFile, { place, classNames }: NonNullable<Table['target']>) {
    this.#file = file
    this.#place = place
    this.#labels = classNames && new Map(classNames.map((name, label) => [name, label]))
  }

  get areLabels(): boolean {
    return this.#labels !== undefined
  }

  read(row: CsvRow, into: Float32Array | Int32Array, at: number): void {
    const { path, names, missing } = this.#file
    const name = names[this.#place] as string
    const cell = row.cells[this.#place] as string
    const labels = this.#labels
    const label = labels?.get(cell) ?? labels?.get(classKey(cell))
    if (label === undefined && missing.has(cell)) {
      const what = cell === '' ? 'empty' : `${describe(cell)}, which stands for nothing`
      throw csvError(path, row.line, `the target ${describe(name)} is ${what}, expected a value`, {
        missing: "missing: 'drop' leaves such rows out",
      })
    }
    if (labels === undefined) {
      into[at] = float32Of(this.#file, row, name, cell)
    } else if (label === undefined) {
      const known = [...labels.keys()].slice(0, 20).map(describe).join(', ')
      throw csvError(path, row.line, `the target ${describe(name)} is ${describe(cell)}, expected one of ${known}`)
    } else {
      into[at] = label
    }
  }
}

function float32Of({ path }: CsvFile, { line }: CsvRow, name: string, cell: string): number {
  const value = numberIn(cell)
  if (value === undefined) throw notANumber(path, line, name, cell)
  if (Number.isFinite(Math.fround(value))) return value
  throw csvError(path, line, `column ${describe(name)} has ${cell}, beyond what float32 holds (3.4e38)`)
}
