// CSV files as data sets, as streams, and as samples of a model that was trained on another one. What cells mean is
// found out in a first pass (tables/), so that nothing but the samples themselves is kept in memory.

import { requireWhole } from '../errors.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import type { Preprocessing } from './preprocessing.js'
import { sharedArray } from './shared-array.js'
import { DataStream } from './stream.js'
import type { Column } from './tables/choose-columns.js'
import { type CsvFormat, checkCsvOptions, openCsv } from './tables/csv-rows.js'
import { type CsvOptions, countRows, noRows, openTable, tableSource } from './tables/open-table.js'
import type { Task } from './tables/survey-target.js'
import { hasNames, placesOfSource, type Table, tableChunks } from './tables/table.js'

export type { Column, CsvFormat, CsvOptions, Task }

/**
 * The CSV file at `path` (RFC 4180; UTF-8, or UTF-16 with a byte order mark; plain or gzipped; lines that end in \n or
 * \r\n) as a data set: x (rows, features) float32; y labels (rows) int32 with `classNames`, texts sorted by code units
 * and numbers by size, or values (rows, 1) float32. Spaces around cells and empty lines do not count.
 *
 *     const flowers = await readCsv('iris.csv', { target: 'species' })
 *
 * The data set's `preprocessing` says how rows become samples, a model trained on it remembers, and `readCsvSamples`
 * reads other files alike. The file is read twice, in pieces: first to find out categories, means and classes.
 *
 * Throws ERR_DATA, naming file, line and column: a missing or empty file, binary data, another encoding, a header alone,
 * columns of the same name, rows of another length, a text where a number belongs, an empty cell, a quote that is not
 * closed. Throws ERR_ARGUMENT for a wrong option, a column that is not there, or whole numbers as targets without a
 * `task`.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<Dataset> {
  const { table, preprocessing } = await openTable('readCsv', path, options)
  const { x, y } = await collect(table)
  return new Dataset(preprocessing.apply(x), y as Tensor, { preprocessing })
}

export interface CsvStreamOptions extends CsvOptions {
  /** Samples in memory at a time, twice; as of a DataStream. */
  readonly buffer?: number
  /** Called with the number of rows read so far, now and then during the first pass. */
  readonly onProgress?: (rows: number) => void
  /** Ends the first pass; passes of `fit` and `evaluate` have signals of their own. */
  readonly signal?: AbortSignal
}

/**
 * The CSV file at `path` as a stream, for files that memory does not hold: read anew in each epoch while it is trained
 * on, in pieces, and never faster than that. What is in memory does not depend on its length.
 *
 *     const trips = await csvStream('trips.csv', { target: 'fare', task: 'regress', missing: 'mean' })
 *     await model.fit(trips, { epochs: 2 })
 *
 * Its first pass counts rows and finds out categories, means and classes, or counts only where `preprocessing` says
 * them. Options, samples, targets and errors are those of `readCsv`.
 */
export async function csvStream(path: string, options: CsvStreamOptions): Promise<DataStream> {
  const { buffer, onProgress, signal, ...csv } = options
  if (buffer !== undefined) requireWhole('csvStream: buffer', buffer)
  const { table, preprocessing, rows } = await openTable('csvStream', path, csv, { onProgress, signal })
  const length = rows ?? (await countRows(table.file, { onProgress, signal }))
  const source = async function* (context: { readonly signal: AbortSignal }) {
    for await (const { x, y } of tableChunks(table, context.signal)) {
      yield { x: preprocessing.apply(x), y: y as Tensor }
    }
  }
  return new DataStream(source, { length, preprocessing, ...(buffer !== undefined && { buffer }) })
}

/**
 * Rows of the CSV file at `path` as a model takes them, (rows, features) float32: the columns of
 * `preprocessing.source` by name, in any order and among others, with its categories and numbers for empty cells, then
 * its transforms. The target is not needed.
 *
 *     model.predict(await readCsvSamples('new.csv', model.preprocessing))
 *
 * A model that was trained on a file without a header reads files without one: with the same columns, or only those of
 * the features. Throws ERR_DATA as `readCsv` does, and for a category that was not in the training data; ERR_ARGUMENT
 * where `preprocessing` has no table as its source.
 */
export async function readCsvSamples(
  path: string,
  preprocessing: Preprocessing | undefined,
  options: CsvFormat = {},
): Promise<Tensor> {
  checkCsvOptions('readCsvSamples', options, [])
  const source = tableSource('readCsvSamples', preprocessing)
  const file = await openCsv('readCsvSamples', path, { header: hasNames(source), ...options })
  const places = placesOfSource(file, source)
  const { x } = await collect({ file, source, places, target: undefined, drop: false })
  return (preprocessing as Preprocessing).apply(x)
}

/** All rows of `table`, in shared memory, where data sets live. */
async function collect(table: Table): Promise<{ readonly x: Tensor; readonly y: Tensor | undefined }> {
  const xs: Tensor[] = []
  const ys: Tensor[] = []
  for await (const { x, y } of tableChunks(table)) {
    xs.push(x)
    if (y !== undefined) ys.push(y)
  }
  if (xs.length === 0) throw noRows(table.file, 0)
  return { x: concatRows(xs), y: ys.length === 0 ? undefined : concatRows(ys) }
}

function concatRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0] as Tensor
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] as number), 0)
  const shape = [rows, ...first.shape.slice(1)]
  const data = sharedArray(first.element, sizeOf(shape))
  let at = 0
  for (const part of parts) {
    data.set(part.data, at)
    at += part.size
  }
  return new Tensor(data, shape)
}
