// Progress of a training run: a bar per epoch on a terminal, a line per epoch anywhere else. Writes to one stream.

import cliProgress from 'cli-progress'

// CommonJS: Node does not see its names.
const { Format, SingleBar } = cliProgress

/** Short enough for everything else to fit into 80 columns. */
const barSize = 8

/** State within an epoch. Seconds are of training only. */
export interface ProgressInfo {
  readonly samples: number
  readonly loss: number
  readonly accuracy?: number
  readonly seconds: number
}

/** State at the end of an epoch. */
export interface EpochInfo {
  readonly loss: number
  readonly accuracy?: number
  readonly valAccuracy?: number
  readonly samplesPerSecond: number
}

export interface Progress {
  begin(): void
  update(info: ProgressInfo): void
  end(info: EpochInfo): void
  /** Leaves the terminal as it was; called however training ends. */
  stop(): void
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly epochs: number
  readonly samplesPerEpoch: number
  /** Seconds on a clock; for tests. */
  readonly now?: () => number
}

export function createProgress(options: ProgressOptions): Progress {
  const clock = new EtaClock(options)
  return options.stream.isTTY ? new Bars(options, clock) : new Lines(options, clock)
}

/** What stands behind the epoch: the same on a terminal and in a file. */
interface EpochText {
  readonly loss: string
  readonly train: string
  readonly test: string
  readonly rate: string
  readonly eta: string
}

function epochFields(
  loss: number,
  train: number | undefined,
  test: number | undefined,
  rate: number,
  eta: string,
): EpochText {
  return {
    loss: `loss ${loss.toFixed(4)}`,
    train: `train ${formatShare(train)}`,
    test: `test ${formatShare(test)}`,
    rate: `${Math.round(rate).toLocaleString('en-US').padStart(7)} samples/s`,
    eta: `ETA ${eta}`,
  }
}

/** The fields in one line of at most `columns`; whole fields are left out where it is too narrow, the rate first. */
function inColumns(fields: EpochText, columns: number): string {
  const left: Partial<Record<keyof EpochText, string>> = { ...fields }
  const line = (): string => Object.values(left).join(' ')
  for (const name of ['rate', 'train', 'eta', 'test'] as const) {
    if (line().length <= columns) break
    delete left[name]
  }
  return line()
}

function formatShare(share: number | undefined): string {
  return share === undefined ? '-     ' : share.toFixed(4)
}

/** `42 s`, `1:03` (minutes and seconds). */
function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Estimates the time left of the whole run from the wall time so far, evaluation included. */
class EtaClock {
  readonly #total: number
  readonly #perEpoch: number
  readonly #now: () => number
  readonly #start: number

  constructor({ epochs, samplesPerEpoch, now = () => performance.now() / 1000 }: ProgressOptions) {
    this.#total = epochs * samplesPerEpoch
    this.#perEpoch = samplesPerEpoch
    this.#now = now
    this.#start = now()
  }

  /** After `epochs` whole epochs and `samples` of the next one. */
  eta(epochs: number, samples: number): string {
    const done = epochs * this.#perEpoch + samples
    if (done === 0) return '-'
    return formatSeconds(((this.#now() - this.#start) * (this.#total - done)) / done)
  }
}

class Lines implements Progress {
  readonly #options: ProgressOptions
  readonly #clock: EtaClock
  #epoch = 0

  constructor(options: ProgressOptions, clock: EtaClock) {
    this.#options = options
    this.#clock = clock
  }

  begin(): void {
    this.#epoch++
  }

  update(): void {}

  end({ loss, accuracy, valAccuracy, samplesPerSecond }: EpochInfo): void {
    const { stream, epochs } = this.#options
    const fields = epochFields(loss, accuracy, valAccuracy, samplesPerSecond, this.#clock.eta(this.#epoch, 0))
    stream.write(`epoch ${epochText(this.#epoch, epochs)} ${inColumns(fields, Number.POSITIVE_INFINITY)}\n`)
  }

  stop(): void {}
}

function epochText(epoch: number, epochs: number): string {
  return `${String(epoch).padStart(String(epochs).length)}/${epochs}`
}

class Bars implements Progress {
  readonly #options: ProgressOptions
  readonly #clock: EtaClock
  #bar: cliProgress.SingleBar | undefined
  #epoch = 0
  #testAccuracy: number | undefined
  #text = ''

  constructor(options: ProgressOptions, clock: EtaClock) {
    this.#options = options
    this.#clock = clock
  }

  begin(): void {
    const { stream, epochs, samplesPerEpoch } = this.#options
    this.#epoch++
    this.#bar = new SingleBar({
      stream,
      format: (options, parameters, payload: { readonly text?: string }) =>
        `${epochText(this.#epoch, epochs)} ${Format.BarFormat(parameters.progress, options)} ${payload.text ?? ''}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: barSize,
      // The command handles Ctrl-C itself; cli-progress would also swallow SIGTERM.
      gracefulExit: false,
      // Redrawn on a timer only, never from within a job's report.
      synchronousUpdate: false,
    })
    // Until this epoch has figures, the last one's.
    this.#bar.start(samplesPerEpoch, 0, { text: this.#text })
  }

  update({ samples, loss, accuracy, seconds }: ProgressInfo): void {
    const eta = this.#clock.eta(this.#epoch - 1, samples)
    // Test accuracy is that of the last epoch until this one's is known.
    this.#show(samples, epochFields(loss, accuracy, this.#testAccuracy, seconds > 0 ? samples / seconds : 0, eta))
  }

  end({ loss, accuracy, valAccuracy, samplesPerSecond }: EpochInfo): void {
    this.#testAccuracy = valAccuracy
    const eta = this.#clock.eta(this.#epoch, 0)
    this.#show(this.#options.samplesPerEpoch, epochFields(loss, accuracy, valAccuracy, samplesPerSecond, eta))
    this.stop()
  }

  #show(samples: number, fields: EpochText): void {
    const { stream, epochs } = this.#options
    const used = epochText(this.#epoch, epochs).length + barSize + 2
    this.#text = inColumns(fields, (stream.columns || 80) - used)
    this.#bar?.update(samples, { text: this.#text })
  }

  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
