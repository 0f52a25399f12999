// CSVLogger: an epoch's figures as a line of a CSV file, as soon as the epoch ends.

import { appendFile, open, readFile } from 'node:fs/promises'
import { checkOptions, describe, netwrightError, requireFlag } from '../../errors.js'
import { fileError, systemProblem } from '../../files/file-error.js'
import type { Callback, CallbackState, TrainingRun } from '../callback.js'
import { type EpochLogs, History } from '../history.js'
import { EpochNumbers } from './epoch-numbers.js'

export interface CSVLoggerOptions {
  /** Keep what the file has and write after it. Default false: the first `fit` begins the file anew. */
  readonly append?: boolean
}

/**
 * Writes a header and, as each epoch ends, a line to the CSV file at `path`; the columns are those of `History.toCSV`.
 * Each line is on disk before training goes on, so that a killed run keeps its lines; the folder must be there.
 *
 *     await model.fit(train, { …, callbacks: [new CSVLogger('run.csv', { append: true })] })
 *
 * A further `fit` with the same logger writes on, and so does a new logger with `append: true`; epochs are counted on
 * where `fit` begins with epoch 0. A run resumed from a checkpoint, or from `initialEpoch`, replaces the lines of the
 * epochs that it repeats. The default, and one header for all, are as in Keras.
 *
 * `fit` rejects with ERR_FILE: before it trains, where the file cannot be written or is no log of epochs; at the end of
 * its first epoch, where the file has other columns, such as other metrics.
 */
export class CSVLogger implements Callback {
  readonly path: string
  readonly append: boolean
  #used = false
  /** The file as it stands: its first line, empty where the file is, and the others. */
  #header = ''
  #rows: readonly Row[] = []
  readonly #epochs = new EpochNumbers()

  constructor(path: string, options: CSVLoggerOptions = {}) {
    if (typeof path !== 'string' || path === '') {
      throw netwrightError('ERR_ARGUMENT', `CSVLogger: path is ${describe(path)}, expected a file's path`, 'TypeError')
    }
    checkOptions('CSVLogger', options, ['append'])
    this.path = path
    this.append = requireFlag('CSVLogger: append', options.append ?? false)
  }

  async onTrainBegin(run: TrainingRun): Promise<void> {
    const goesOn = this.append || this.#used || this.#epochs.resumed
    const text = goesOn ? await this.#read() : ''
    // Without what a crash of the machine left of a line.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    this.#header = whole.slice(0, whole.indexOf('\n') + 1)
    this.#rows = this.#rowsOf(whole)
    await this.#cut(Buffer.byteLength(whole))
    this.#epochs.begin(run.epoch, this.#rows.at(-1)?.epoch ?? -1)
    this.#used = true
  }

  async onEpochEnd(epoch: number, logs: EpochLogs): Promise<void> {
    const number = this.#epochs.of(epoch)
    const history = new History()
    history.push(logs, number)
    const csv = history.toCSV()
    const header = csv.slice(0, csv.lastIndexOf('\n', csv.length - 2) + 1)
    if (this.#header !== '' && this.#header !== header) {
      throw fileError(
        this.path,
        `has the columns ${this.#header.trim()}, expected ${header.trim()}. Log to another file, or without append`,
      )
    }
    await this.#dropFrom(number)
    const start = this.#rows.at(-1)?.end ?? Buffer.byteLength(header)
    const line = csv.slice(header.length)
    await this.#change(() => appendFile(this.path, this.#header === '' ? csv : line, { flush: true }))
    this.#header = header
    this.#rows = [...this.#rows, { epoch: number, end: start + Buffer.byteLength(line) }]
  }

  state(): CallbackState {
    return this.#epochs.state()
  }

  setState(state: CallbackState): void {
    this.#epochs.setState(state)
  }

  /** The file as text; empty where there is none. */
  async #read(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return ''
      throw fileError(this.path, `cannot be read (${systemProblem(error)})`, error)
    }
  }

  /** The lines after the header of `text`. */
  #rowsOf(text: string): Row[] {
    const [header = '', ...lines] = text.split('\n').slice(0, -1)
    if (text !== '' && !header.startsWith('epoch,')) {
      throw fileError(this.path, `begins with ${describe(header)}, expected a log with the column epoch first`)
    }
    let end = Buffer.byteLength(header) + 1
    return lines.map((line, i) => {
      const epoch = line.split(',')[0] as string
      if (!/^\d+$/.test(epoch)) {
        throw fileError(this.path, `line ${i + 2} begins with ${describe(epoch)}, expected an epoch's number`)
      }
      end += Buffer.byteLength(line) + 1
      return { epoch: Number(epoch), end }
    })
  }

  /** Drops lines of epochs that are repeated: after a resumption, or where a callback has gone back. */
  async #dropFrom(epoch: number): Promise<void> {
    const kept = this.#rows.findIndex((row) => row.epoch >= epoch)
    if (kept < 0) return
    this.#rows = this.#rows.slice(0, kept)
    await this.#cut(this.#rows.at(-1)?.end ?? Buffer.byteLength(this.#header))
  }

  /** Leaves of the file its first `bytes`; makes it where there is none. */
  async #cut(bytes: number): Promise<void> {
    await this.#change(async () => {
      const file = await open(this.path, 'a')
      await file.truncate(bytes).finally(() => file.close())
    })
  }

  async #change(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw fileError(this.path, `cannot be written (${systemProblem(error)})`, error)
    }
  }
}

/** A line of the log. */
interface Row {
  readonly epoch: number
  /** Bytes of the file up to its end. */
  readonly end: number
}
