// DataStream: samples that come piece by piece, more than memory holds. Describes them; stream-reader.ts reads.

import { checkOptions, describe, netwrightError, requireWhole } from '../errors.js'
import { inspectCustom } from '../inspect-custom.js'
import type { TensorLike } from '../tensor/create.js'
import type { Dataset, SamplesLike } from './dataset.js'
import { Preprocessing } from './preprocessing.js'

/** Any number of samples and their targets, as `new Dataset(x, y)` takes them. */
export type Chunk = Dataset | { readonly x: SamplesLike; readonly y: TensorLike }

export interface StreamContext {
  /** Aborted when nobody wants more: pass it to whatever the source waits for. */
  readonly signal: AbortSignal
  /** Epochs that the model was trained for before; 0 in evaluation. */
  readonly epoch: number
}

/** Begins a pass over the data. */
export type StreamSource = (context: StreamContext) => AsyncIterable<Chunk> | Iterable<Chunk>

export interface StreamOptions {
  /** Samples of a pass. What the source has beyond is not asked for, so that it may be endless. */
  readonly length: number
  /**
   * Samples in memory at a time, twice: one buffer is trained on while the next fills. Rounded up to whole batches.
   * `shuffle` mixes within a buffer. Default: what 32 MB hold, at least one batch.
   */
  readonly buffer?: number
  /** As of a Dataset. */
  readonly preprocessing?: Preprocessing
  readonly classNames?: readonly string[]
}

/**
 * Data that are read while they are trained on, for `fit`, `evaluate` and `validationData`:
 *
 *     const data = new DataStream(async function* ({ signal }) {
 *       for await (const rows of database.read({ signal })) yield { x: rows.features, y: rows.labels }
 *     }, { length: 1_000_000 })
 *
 * `source` is called for each pass, with a signal and the epoch. Its chunks may have any number of samples; batches do
 * not depend on where chunks end. It is asked for the next chunk only while there is room, and ended (`return()`) when
 * the pass is. Chunks are copied; those of an epoch have the shapes and the types of the first one.
 *
 * In use, ERR_DATA for a source that fails (its error is the `cause`), ends early or changes its shapes, and what
 * `new Dataset` throws for a chunk, each with the number of the sample. Throws ERR_ARGUMENT for a wrong argument.
 */
export class DataStream {
  readonly source: StreamSource
  readonly length: number
  readonly buffer: number | undefined
  readonly preprocessing: Preprocessing | undefined

  constructor(source: StreamSource, options: StreamOptions) {
    if (typeof source !== 'function') {
      const isBegun = typeof (source as { next?: unknown } | undefined)?.next === 'function'
      throw netwrightError(
        'ERR_ARGUMENT',
        `DataStream: source is ${describe(source)}, expected a function that begins a pass` +
          (isBegun
            ? '; this one is for a single pass: give the generator function itself, which is called for each'
            : ': new DataStream(async function* ({ signal }) { yield { x, y } }, { length })'),
        'TypeError',
      )
    }
    checkOptions('DataStream', options, ['length', 'buffer', 'preprocessing', 'classNames'])
    const { length, buffer, preprocessing, classNames } = options
    this.source = source
    this.length = requireWhole('DataStream: length', length)
    this.buffer = buffer === undefined ? undefined : requireWhole('DataStream: buffer', buffer)
    this.preprocessing = classNames === undefined ? preprocessing : new Preprocessing({ ...preprocessing, classNames })
  }

  /** What labels 0, 1, 2, … are called, where that is known. */
  get classNames(): readonly string[] | undefined {
    return this.preprocessing?.classNames
  }

  /** `DataStream(1000000 samples)`. */
  toString(): string {
    return `DataStream(${this.length} samples)`
  }

  /** console.log prints a stream as `toString` does. */
  [inspectCustom](): string {
    return this.toString()
  }
}
