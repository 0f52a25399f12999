// A bar on a terminal while data are read or downloaded, on stderr; anywhere else a line for each download.

import { basename } from 'node:path'
import type { DownloadProgress } from '../files/download.js'
import { SingleBar } from '../train/libraries/cli-progress.js'
import { terminalText } from './terminal-text.js'

export class LoadingBar {
  readonly #unit: string
  readonly #stream: NodeJS.WriteStream
  #bar: { readonly what: string; readonly bar: SingleBar } | undefined

  /** `unit`: what is counted. */
  constructor(unit: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#unit = unit
    this.#stream = stream
  }

  /** `done` of `total` of the thing called `what`; where nobody knows the total, 0. */
  show(what: string, done: number, total: number): void {
    if (!this.#stream.isTTY) return
    if (this.#bar?.what !== what) this.#begin(what, total)
    this.#bar?.bar.update(Math.min(done, total))
  }

  #begin(what: string, total: number): void {
    this.stop()
    const bar = new SingleBar({
      stream: this.#stream,
      format: `{what} {bar} {percentage}% of {total} ${this.#unit}`,
      barsize: 20,
      hideCursor: true,
      clearOnComplete: true,
    })
    bar.start(total, 0, { what: terminalText(what) })
    this.#bar = { what, bar }
  }

  /** Leaves the terminal as it was. */
  stop(): void {
    this.#bar?.bar.stop()
    this.#bar = undefined
  }
}

const megabyte = 1e6

/** Shows downloads as they come; `stop` in the end. */
export function downloadBar(): {
  readonly onProgress: (progress: DownloadProgress) => void
  readonly stop: () => void
} {
  const bar = new LoadingBar('MB')
  const begun = new Set<string>()
  const onProgress = ({ url, path, received, total = 0 }: DownloadProgress): void => {
    const megabytes = (bytes: number): number => Number((bytes / megabyte).toFixed(1))
    if (!begun.has(path) && !process.stderr.isTTY) process.stderr.write(`Downloading ${url}\n`)
    begun.add(path)
    bar.show(basename(path), megabytes(received), megabytes(total))
  }
  return { onProgress, stop: () => bar.stop() }
}
