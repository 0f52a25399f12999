// The files that predictions are made for: what kind each is, and its samples batch by batch.

import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CsvFormat } from '../../data/csv.js'
import { readIdx } from '../../data/idx.js'
import { readImage } from '../../data/images/read-image.js'
import { readNpy, readNpz } from '../../data/npy.js'
import { openCsv } from '../../data/tables/csv-rows.js'
import { hasNames, placesOfSource, tableChunks } from '../../data/tables/table.js'
import { netwrightError } from '../../errors.js'
import { Tensor } from '../../tensor/tensor.js'
import { csvFormat, imageNames, isFolder } from '../data-files.js'
import { UsageError } from '../errors.js'
import { inFlags } from '../in-flags.js'
import { finiteRows, type NotFinite, rowsOf } from './finite-rows.js'
import { type Kind, kindOf, stdin, stdinName } from './kinds.js'
import type { ModelInput } from './model-input.js'

/** Where a sample comes from. */
export interface Place {
  readonly file: string
  /** Of a file of many samples: which one, from 0; in a CSV file of its rows below the header. */
  readonly index?: number
}

/** Samples of the model, and where each comes from. */
export interface Batch {
  readonly samples: Tensor
  readonly places: readonly Place[]
}

export interface InputOptions {
  readonly batchSize: number
  /** The array of a .npz file. */
  readonly key?: string
  readonly delimiter?: string
  readonly header?: boolean
  readonly signal: AbortSignal
  /** Told of an error in place of throwing it; what it belongs to is left out. */
  readonly onError?: (error: unknown) => void
}

/** Throws a UsageError for an input that is not there. */
export function checkInputs(inputs: readonly string[]): void {
  const missing = inputs.find((input) => input !== stdin && !existsSync(input))
  if (missing !== undefined) throw new UsageError(`${missing}: no such file or folder`)
  if (inputs.filter((input) => input === stdin).length > 1) throw new UsageError("'-' is there twice, and is read once")
}

/** The samples of all `inputs`, in their order. Throws ERR_DATA, naming the file, for one that cannot be read. */
export async function* batchesOf(
  inputs: readonly string[],
  model: ModelInput,
  options: InputOptions,
): AsyncGenerator<Batch> {
  const images = new ImageBatches(model, options)
  for (const input of inputs) {
    try {
      for await (const file of filesOf(input)) {
        const kind = await kindOf(file)
        if (kind === 'image') {
          yield* images.add(file)
        } else {
          yield* images.flush()
          yield* readers[kind](file, model, options)
        }
      }
    } catch (error) {
      if (options.onError === undefined) throw error
      options.onError(error)
    }
  }
  yield* images.flush()
}

/** What stands in folders, as deep as they go: their images, in alphabetical order. */
async function* filesOf(input: string): AsyncGenerator<string> {
  if (input === stdin || !isFolder(input)) {
    yield input
    return
  }
  const entries = await readdir(input, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory() && imageNames.test(entry.name))
  if (files.length === 0) throw netwrightError('ERR_DATA', `${input}: has no image (.png, .jpg or .jpeg)`)
  yield* files.map(({ parentPath, name }) => join(parentPath, name)).sort()
}

type Reader = (file: string, model: ModelInput, options: InputOptions) => AsyncGenerator<Batch>

const readers: Readonly<Record<Exclude<Kind, 'image'>, Reader>> = {
  idx: async function* (file, model, options) {
    yield* slicesOf(file, await readIdx(file), model, options)
  },
  npy: async function* (file, model, options) {
    yield* slicesOf(file, await readNpy(file), model, options)
  },
  npz: async function* (file, model, options) {
    const arrays = await readNpz(file)
    const names = Object.keys(arrays)
    const { key = names.length === 1 ? names[0] : 'x' } = options
    const array = Object.hasOwn(arrays, key as string) ? arrays[key as string] : undefined
    if (array === undefined)
      throw netwrightError('ERR_DATA', `${file}: has the arrays ${names.join(', ')}; --key NAME says which`)
    yield* slicesOf(file, array, model, options)
  },
  csv: readCsvFile,
}

/** Parts of an array of samples, or of the one sample that it is. */
async function* slicesOf(
  file: string,
  array: Tensor,
  model: ModelInput,
  { batchSize, signal, onError }: InputOptions,
): AsyncGenerator<Batch> {
  const samples = model.isSample(array.shape) ? array.reshape(1, ...array.shape) : array
  const [count = 0] = samples.shape
  model.requireSize(file, samples.shape.slice(1))
  for (let start = 0; start < count && !signal.aborted; start += batchSize) {
    const raw = samples.slice(start, start + batchSize)
    const problem = ({ row, element, value }: NotFinite): string =>
      `${file}: sample ${start + row} has ${value} at element ${element}, expected finite numbers`
    const finite = finiteRows(raw, problem, onError)
    const places = finite.map((row) => ({ file, index: start + row }))
    if (places.length > 0) yield { samples: model.samples(toNumbers(rowsOf(raw, finite))), places }
  }
}

/** Whole numbers other than bytes are numbers. */
const toNumbers = (raw: Tensor): Tensor => (raw.element === 'int32' ? new Tensor(raw.toFloat32(), raw.shape) : raw)

/** Rows of the columns that the model was trained on, by name; of a model of images, bytes of pixels. */
async function* readCsvFile(file: string, model: ModelInput, options: InputOptions): AsyncGenerator<Batch> {
  if (file === stdin) {
    yield* readStdin(model, options)
    return
  }
  const format: CsvFormat = csvFormat(file, options)
  const { table } = model
  const opened = await openCsv('predict', file, { ...(table && { header: hasNames(table) }), ...format })
  const source = table ?? { kind: 'table', columns: opened.names.map((name) => ({ name })) }
  if (table === undefined) model.requireSize(file, [opened.names.length])
  const rows = { file: opened, source, places: placesOfSource(opened, source), target: undefined, drop: false }
  let index = 0
  for await (const { x } of tableChunks(rows, options.signal)) {
    const raw = model.images === undefined ? x : pixelsOf(x, model.images.scale)
    const places = Array.from({ length: x.shape[0] as number }, () => ({ file, index: index++ }))
    yield { samples: model.samples(raw), places }
  }
}

const pixelsOf = (x: Tensor, scale: number): Tensor =>
  new Tensor(
    x.toFloat32().map((value) => value * scale),
    x.shape,
  )

/** Standard input is kept in a file first, since the rows of a CSV file are looked at twice. */
async function* readStdin(model: ModelInput, options: InputOptions): AsyncGenerator<Batch> {
  const folder = await mkdtemp(join(tmpdir(), 'netwright-'))
  const path = join(folder, 'stdin.csv')
  try {
    const file = await open(path, 'w')
    await pipeline(process.stdin, file.createWriteStream(), { signal: options.signal })
    for await (const { samples, places } of readCsvFile(path, model, options)) {
      yield { samples, places: places.map((place) => ({ ...place, file: stdinName })) }
    }
  } catch (error) {
    const { code } = error as { readonly code?: string }
    throw code === 'ERR_DATA' ? netwrightError(code, inFlags(error as Error).replaceAll(path, stdinName)) : error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Collects images into batches. */
class ImageBatches {
  readonly #model: ModelInput
  readonly #options: InputOptions
  #images: Uint8Array[] = []
  #places: Place[] = []

  constructor(model: ModelInput, options: InputOptions) {
    this.#model = model
    this.#options = options
  }

  async *add(file: string): AsyncGenerator<Batch> {
    const { images } = this.#model
    const { batchSize, onError, signal } = this.#options
    if (images === undefined) {
      const columns = this.#model.table?.columns.map(({ name }) => name).join(', ')
      const takes = columns === undefined ? 'rows of numbers' : `rows of a table with the columns ${columns}`
      throw new UsageError(`${file} is an image, and the model takes ${takes}`)
    }
    signal.throwIfAborted()
    try {
      const { channels, width, height } = images
      const { data } = await readImage(file, { channels, width, height })
      this.#images.push(data as Uint8Array)
      this.#places.push({ file })
    } catch (error) {
      if (onError === undefined) throw error
      onError(error)
    }
    if (this.#images.length >= batchSize) yield* this.flush()
  }

  async *flush(): AsyncGenerator<Batch> {
    const [images, places] = [this.#images, this.#places]
    if (images.length === 0) return
    this.#images = []
    this.#places = []
    const raw = new Tensor(new Uint8Array(Buffer.concat(images)), [images.length, this.#model.rawSize])
    yield { samples: this.#model.samples(raw), places }
  }
}
