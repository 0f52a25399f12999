// Data sets from the user's own files: a CSV file, or a folder of images.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type CsvFormat, readCsv } from '../data/csv.js'
import type { Dataset } from '../data/dataset.js'
import { imageFolder } from '../data/images/image-folder.js'
import type { DataSetOptions, ImageSize, LoadContext } from './data-options.js'
import { UsageError } from './errors.js'
import { LoadingBar } from './loading-bar.js'

/** What was read: one part, or one to train on and another to test with. */
export interface DataParts {
  readonly train: Dataset
  readonly test?: Dataset
}

/** How the command line says a CSV file is written; files that end in .tsv have tabs. */
export function csvFormat(
  path: string,
  { delimiter, header }: Pick<DataSetOptions, 'delimiter' | 'header'>,
): CsvFormat {
  const sign = delimiter ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : undefined)
  return { ...(sign !== undefined && { delimiter: sign }), ...(header === false && { header }) }
}

/** The CSV file at `path`; columns of texts are categories. */
export async function loadCsv(
  path: string,
  options: DataSetOptions,
  { preprocessing }: LoadContext,
): Promise<DataParts> {
  const { target, task, missing } = options
  const format = csvFormat(path, options)
  if (preprocessing?.source?.kind === 'table') {
    const given = (['task', 'missing'] as const).find((name) => options[name] !== undefined)
    if (given !== undefined) throw new UsageError(`--${given}: the saved model knows it, from its own training data`)
    return { train: await readCsv(path, { ...format, ...(target !== undefined && { target }), preprocessing }) }
  }
  if (target === undefined) {
    throw new UsageError(
      `--dataset ${path} needs --target COLUMN, what to predict: a column's name, or its number (-1 is the last)`,
    )
  }
  const choices = { ...(task !== undefined && { task }), ...(missing !== undefined && { missing }) }
  return { train: await readCsv(path, { ...format, target, categorical: true, ...choices }) }
}

/** The images of `dir/class/…`, or of `dir/train/class/…` and `dir/test/class/…`. */
export async function loadFolder(dir: string, options: DataSetOptions, context: LoadContext): Promise<DataParts> {
  const folders = [join(dir, 'train'), join(dir, 'test')] as const
  const { preprocessing, signal } = context
  const bar = new LoadingBar('images')
  const read = async (folder: string, like: Format): Promise<Dataset> =>
    await imageFolder(folder, {
      ...like,
      onProgress: ({ done, total }) => {
        signal?.throwIfAborted()
        bar.show(folder, done, total)
      },
    })
  try {
    const format = { ...given(options), ...formatOf(preprocessing) }
    if (!folders.every(isFolder)) return { train: await read(dir, format) }
    if (options.testSplit !== undefined)
      throw new UsageError(`--test-split: ${dir} has a folder of its own to test with`)
    const train = await read(folders[0], format)
    return { train, test: await read(folders[1], formatOf(train.preprocessing)) }
  } finally {
    bar.stop()
  }
}

interface Format extends Partial<ImageSize> {
  readonly channels?: 1 | 3
  readonly classes?: readonly string[]
}

const given = ({ imageSize, channels }: DataSetOptions): Format => ({
  ...imageSize,
  ...(channels !== undefined && { channels }),
})

/** Of the images that a model or other data come from. */
function formatOf(preprocessing: LoadContext['preprocessing']): Format {
  const { source, classNames } = preprocessing ?? {}
  if (source?.kind !== 'images') return {}
  const { width, height, channels } = source
  return { width, height, channels, ...(classNames !== undefined && { classes: classNames }) }
}

/** Of files that are read from folders. */
export const imageNames = /\.(png|jpe?g)$/i

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()
