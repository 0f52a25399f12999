// What a pass reads, part by part: a data set is one part; of a stream, one is used while the next one fills.

import { Dataset } from '../data/dataset.js'
import type { DataStream } from '../data/stream.js'
import { type StreamBuffer, StreamReader } from '../data/stream-reader.js'

/** Samples that are in memory together. */
export interface DataPart {
  readonly dataset: Dataset
  /** Number of its first sample in the pass. */
  readonly first: number
}

export interface DataParts {
  /** Samples of a pass. */
  readonly length: number
  /** Samples of every part but the last one, which may have fewer. */
  readonly capacity: number
  /** Shapes and types, which all parts have in common. Of a stream, only until the next call of `at` its first samples. */
  readonly like: Dataset
  /**
   * The part with sample `cursor` of epoch `epoch`; the one answered before is then no longer used. undefined where
   * `signal` aborts before it is there. Rejects as StreamReader.fill.
   */
  at(cursor: number, epoch: number, signal?: AbortSignal): Promise<DataPart | undefined>
  /** Ends what reads ahead. Another pass may begin afterwards. */
  close(): void
}

export interface PartsOptions {
  readonly real: 'float32' | 'float64'
  readonly batchSize: number
  /** The epoch that is read first. */
  readonly epoch: number
  readonly signal?: AbortSignal | undefined
}

/** The parts of `data`; of a stream, with the first one read. undefined where the signal aborts before it is there. */
export async function openParts(data: Dataset | DataStream, options: PartsOptions): Promise<DataParts | undefined> {
  if (data instanceof Dataset) return wholeDataset(data)
  const pass = new StreamPass(data, options)
  let dataset: Dataset | undefined
  try {
    dataset = (await pass.at(0, options.epoch, options.signal))?.dataset
  } finally {
    if (dataset === undefined) pass.close()
  }
  return (
    dataset && {
      length: data.length,
      capacity: dataset.length,
      like: dataset,
      at: (cursor, epoch, signal) => pass.at(cursor, epoch, signal),
      close: () => pass.close(),
    }
  )
}

export function wholeDataset(dataset: Dataset): DataParts {
  const { length } = dataset
  const part = Promise.resolve({ dataset, first: 0 })
  return { length, capacity: length, like: dataset, at: () => part, close: () => {} }
}

/** Reads a stream one part ahead, in two buffers. */
class StreamPass {
  readonly #stream: DataStream
  readonly #options: PartsOptions
  #buffers: readonly [StreamBuffer, StreamBuffer] = [{}, {}]
  #reader: StreamReader | undefined
  #epoch = -1
  #current: DataPart | undefined
  /** The part behind the current one. */
  #next: Promise<Dataset | undefined> | undefined

  constructor(stream: DataStream, options: PartsOptions) {
    this.#stream = stream
    this.#options = options
  }

  async at(cursor: number, epoch: number, signal?: AbortSignal): Promise<DataPart | undefined> {
    const current = this.#current
    const end = current === undefined ? -1 : current.first + current.dataset.length
    if (current !== undefined && epoch === this.#epoch && cursor >= current.first && cursor < end) return current
    if (epoch !== this.#epoch || cursor !== end) this.#begin(cursor, epoch)
    const first = cursor - (cursor % this.#capacity)
    const dataset = await unlessAborted(this.#next as Promise<Dataset | undefined>, signal)
    if (dataset === undefined) return undefined
    this.#current = { dataset, first }
    if (first + dataset.length < this.#stream.length) this.#readAhead()
    return this.#current
  }

  close(): void {
    this.#reader?.close()
    this.#reader = undefined
    this.#current = undefined
    this.#next = undefined
    this.#epoch = -1
  }

  /** Begins another pass with the part that has sample `cursor`. */
  #begin(cursor: number, epoch: number): void {
    this.close()
    const { batchSize, real } = this.#options
    const skip = cursor - (cursor % this.#capacity)
    this.#reader = new StreamReader(this.#stream, { epoch, skip, batchSize, real })
    this.#epoch = epoch
    this.#readAhead()
  }

  /** Fills the buffer that is free. */
  #readAhead(): void {
    const [free, other] = this.#buffers
    this.#buffers = [other, free]
    this.#next = this.#reader?.fill(free)
    // Whoever asks for the part gets the error.
    this.#next?.catch(() => {})
  }

  get #capacity(): number {
    return this.#buffers[0].rows?.length ?? this.#buffers[1].rows?.length ?? this.#stream.length
  }
}

/** What `work` comes to; undefined where the signal aborts before. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal?.aborted) return undefined
  let onAbort = (): void => {}
  try {
    return await Promise.race([
      work,
      new Promise<undefined>((resolve) => {
        onAbort = () => resolve(undefined)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    ])
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
