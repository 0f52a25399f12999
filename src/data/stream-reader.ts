// StreamReader: one pass over a DataStream, buffer by buffer. Asks the source for a chunk only while a buffer has room,
// and stops when it is closed, whatever the source does.

import { describe, netwrightError } from '../errors.js'
import { nextTurn, warn } from '../platform.js'
import { shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset, inReal, uncheckedDataset } from './dataset.js'
import { sharedArray } from './shared-array.js'
import type { Chunk, DataStream } from './stream.js'

/** How long a source that makes its chunks without waiting may keep the event loop. */
const sliceMilliseconds = 8
/** A source that has not ended so long after it was told to is complained about. */
const patienceMilliseconds = 2000

/** How many bytes a buffer holds where the stream does not say how many samples. */
const defaultBytes = 32 * 2 ** 20

/** Memory for samples that are read at a time; made for the first chunk, used again and again. */
export interface StreamBuffer {
  rows?: Dataset
}

export interface ReaderOptions {
  readonly epoch: number
  /** Samples at the beginning that are passed over: those that a resumed run has seen. */
  readonly skip: number
  /** Buffers hold whole batches. */
  readonly batchSize: number
  readonly real: 'float32' | 'float64'
}

export class StreamReader {
  readonly #stream: DataStream
  readonly #options: ReaderOptions
  readonly #iterator: AsyncIterator<Chunk> | Iterator<Chunk>
  readonly #closer = new AbortController()
  /** Ends the wait for the source's next chunk. */
  #wake: (() => void) | undefined
  /** Samples of the source that were taken so far. */
  #taken = 0
  #skip: number
  /** Has the shapes and types that all chunks must have: the first one. */
  #like: Dataset | undefined
  /** What the last chunk has beyond the samples taken. */
  #rest: Dataset | undefined

  /** Throws ERR_DATA where the source fails at once. */
  constructor(stream: DataStream, options: ReaderOptions) {
    this.#stream = stream
    this.#options = options
    this.#skip = options.skip
    const { signal } = this.#closer
    try {
      this.#iterator = iteratorOf(stream.source({ signal, epoch: options.epoch }))
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /**
   * The samples that come next, as many as `buffer` holds or as are left of the pass, in its memory; undefined when the
   * reader is closed meanwhile. Rejects with ERR_DATA, or with what `new Dataset` throws.
   */
  async fill(buffer: StreamBuffer): Promise<Dataset | undefined> {
    const left = this.#stream.length - Math.max(this.#taken, this.#skip)
    let [count, wanted, classes] = [0, left, 0]
    let sliceEnd = performance.now() + sliceMilliseconds
    while (count < wanted) {
      const chunk = await this.#chunk()
      if (chunk === undefined) return undefined
      this.#like ??= chunk
      buffer.rows ??= this.#bufferLike(this.#like)
      wanted = Math.min(left, buffer.rows.length)
      this.#requireAlike(chunk, buffer.rows)
      const rows = Math.min(chunk.length, wanted - count)
      copyRows(chunk, rows, buffer.rows, count)
      classes = Math.max(classes, chunk.classes)
      count += rows
      this.#taken += rows
      this.#rest = rows < chunk.length ? chunk.slice(rows) : undefined
      if (performance.now() < sliceEnd) continue
      await nextTurn()
      sliceEnd = performance.now() + sliceMilliseconds
    }
    if (this.#taken === this.#stream.length) this.close()
    const { inputs, y, targets } = buffer.rows as Dataset
    const filled = (tensor: Tensor): Tensor => tensor.slice(0, count)
    const { preprocessing } = this.#stream
    return uncheckedDataset({ inputs: inputs.map(filled), y: filled(y), targets, classes, preprocessing })
  }

  /** Ends the source. Does not wait for it: it may never answer. */
  close(): void {
    if (this.#closer.signal.aborted) return
    this.#closer.abort()
    this.#wake?.()
    this.#rest = undefined
    const ended = (async () => await this.#iterator.return?.())()
    const timer = setTimeout(() => {
      warn(
        `The source of ${this.#stream} has not ended ${patienceMilliseconds / 1e3} s after it was told to. ` +
          'Give its signal to whatever it waits for: new DataStream(async function* ({ signal }) { … })',
        'NETWRIGHT_STREAM_STUCK',
      )
    }, patienceMilliseconds)
    // A browser's is a number.
    timer.unref?.()
    // What it fails with, after nobody wants it any more, is told as well.
    ended
      .catch((error) => this.#isAbort(error) || warn(this.#failure(error).message, 'NETWRIGHT_STREAM_FAILED'))
      .finally(() => clearTimeout(timer))
  }

  /** The samples that come next, one or more; undefined when closed. */
  async #chunk(): Promise<Dataset | undefined> {
    if (this.#rest !== undefined) return this.#rest
    for (;;) {
      const next = await this.#next()
      if (next === undefined) return undefined
      if (next.done) {
        throw netwrightError(
          'ERR_DATA',
          `${this.#where}: the source has ended, expected ${this.#stream.length} samples`,
        )
      }
      const chunk = this.#checked(next.value)
      const skipped = Math.min(this.#skip, chunk.length)
      this.#skip -= skipped
      this.#taken += skipped
      if (skipped < chunk.length) return skipped === 0 ? chunk : chunk.slice(skipped)
    }
  }

  /** undefined when closed. No race of promises: each would leave a callback behind with the one that closes. */
  #next(): Promise<IteratorResult<Chunk> | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#closer.signal.aborted) return resolve(undefined)
      this.#wake = () => resolve(undefined)
      const fail = (error: unknown): void => reject(this.#failure(error))
      try {
        Promise.resolve(this.#iterator.next()).then(resolve, fail)
      } catch (error) {
        fail(error)
      }
    })
  }

  #checked(chunk: Chunk): Dataset {
    const { real } = this.#options
    if (chunk instanceof Dataset) return inReal(chunk, real)
    const missing = ['x', 'y'].filter(
      (name) => (chunk as Partial<Record<string, unknown>> | null)?.[name] === undefined,
    )
    if (missing.length > 0) {
      const what = missing.length === 1 ? `${describe(chunk)} without ${missing[0]}` : describe(chunk)
      throw netwrightError(
        'ERR_DATA',
        `${this.#where}: the source yields ${what}, expected { x, y } with samples and targets`,
        'TypeError',
      )
    }
    try {
      return new Dataset(chunk.x, chunk.y, { real })
    } catch (error) {
      if (error instanceof Error) error.message = `${this.#where}, in the chunk that comes next: ${error.message}`
      throw error
    }
  }

  #requireAlike(chunk: Dataset, buffer: Dataset): void {
    const [got, expected] = [kindOf(chunk), kindOf(buffer)]
    if (got === expected) return
    throw netwrightError('ERR_DATA', `${this.#where}: the next chunk has ${got}, the first one had ${expected}`)
  }

  #bufferLike(chunk: Dataset): Dataset {
    const { inputs, y, targets, classes } = chunk
    const { length, buffer } = this.#stream
    const { batchSize } = this.#options
    const bytes = [...inputs, y].reduce((sum, { data }) => sum + data.byteLength, 0) / chunk.length
    const batches = Math.max(1, Math.ceil((buffer ?? Math.floor(defaultBytes / bytes)) / batchSize))
    const capacity = Math.min(length, batches * batchSize)
    const empty = ({ element, shape, scale }: Tensor): Tensor => {
      const rows = [capacity, ...shape.slice(1)]
      return new Tensor(sharedArray(element, sizeOf(rows)), rows, { scale })
    }
    return uncheckedDataset({ inputs: inputs.map(empty), y: empty(y), targets, classes, preprocessing: undefined })
  }

  #failure(error: unknown): Error {
    const message = error instanceof Error ? error.message : describe(error)
    return Object.assign(netwrightError('ERR_DATA', `${this.#where}: the source failed: ${message}`), { cause: error })
  }

  #isAbort(error: unknown): boolean {
    return error === this.#closer.signal.reason || (error as Error | undefined)?.name === 'AbortError'
  }

  get #where(): string {
    return `${this.#stream}, after sample ${this.#taken}`
  }
}

function iteratorOf(source: AsyncIterable<Chunk> | Iterable<Chunk>): AsyncIterator<Chunk> | Iterator<Chunk> {
  const isObject = typeof source === 'object' && source !== null
  if (isObject && Symbol.asyncIterator in source) return source[Symbol.asyncIterator]()
  if (isObject && Symbol.iterator in source) return source[Symbol.iterator]()
  throw new Error(`it answers ${describe(source)}, expected something to iterate over, as of async function* () {}`)
}

/** What must be the same in all chunks. */
function kindOf({ inputs, y, targets }: Dataset): string {
  const samples = inputs.map(({ shape, element, scale }) => {
    return `${element} samples of shape ${shapeText(shape.slice(1))}${scale === 1 ? '' : ` and scale ${scale}`}`
  })
  return `${samples.join(', ')} and ${targets === 'labels' ? 'labels' : `targets of shape ${shapeText(y.shape.slice(1))}`}`
}

/** The first `rows` samples of `chunk`, behind the first `at` of `buffer`. */
function copyRows(chunk: Dataset, rows: number, buffer: Dataset, at: number): void {
  const copy = (from: Tensor, to: Tensor): void => {
    const cols = sizeOf(from.shape.slice(1))
    to.data.set(from.data.subarray(0, rows * cols), at * cols)
  }
  chunk.inputs.forEach((samples, i) => {
    copy(samples, buffer.inputs[i] as Tensor)
  })
  copy(chunk.y, buffer.y)
}
