// Progress of a training run: a bar per epoch on a terminal, a line per epoch anywhere else. Writes to one stream.

import type { Callback } from './callback.js'
import { Format, SingleBar } from './libraries/cli-progress.js'

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
  readonly valLoss?: number
  readonly valAccuracy?: number
  readonly samplesPerSecond: number
}

export interface Progress {
  /** `epoch` counts from 0; a resumed run does not begin there. */
  begin(epoch: number): void
  update(info: ProgressInfo): void
  end(info: EpochInfo): void
  /** Leaves the terminal as it was; called however training ends. */
  stop(): void
}

/** What an epoch is judged on: the test data, or validation data that were kept back. */
export type JudgedOn = 'test' | 'val'

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream
  readonly epochs: number
  readonly samplesPerEpoch: number
  /** What the figures behind the training's are of. Default: the test data. */
  readonly judgedOn?: JudgedOn
  /** A line per epoch also on a terminal. Default false. */
  readonly lines?: boolean
  /** Seconds on a clock; for tests. */
  readonly now?: () => number
}

export function createProgress(options: ProgressOptions): Progress {
  const clock = new EtaClock(options)
  return options.stream.isTTY && !options.lines ? new Bars(options, clock) : new Lines(options, clock)
}

/** Progress as a callback of `fit`; `stop` is for a training that fails. */
export interface ProgressReport {
  readonly callback: Callback
  readonly stop: () => void
}

export function progressCallback(options: Omit<ProgressOptions, 'samplesPerEpoch'>): ProgressReport {
  let progress: Progress | undefined
  let begun = -1
  const at = (epoch: number, samplesPerEpoch: number): Progress => {
    progress ??= createProgress({ ...options, samplesPerEpoch })
    if (begun !== epoch) progress.begin(epoch)
    begun = epoch
    return progress
  }
  const callback: Callback = {
    onProgress: (info) => at(info.epoch, info.totalSamples).update(info),
    // A run that goes on behind an epoch's last step has had no progress in it.
    onEpochEnd: (epoch, logs) => at(epoch, Math.round(logs.samplesPerSecond * logs.seconds)).end(logs),
    onTrainEnd: () => progress?.stop(),
  }
  return { callback, stop: () => progress?.stop() }
}

/** What stands behind the epoch: the same on a terminal and in a file. */
interface EpochText {
  readonly loss: string
  readonly train?: string
  readonly judged?: string
  readonly rate: string
  readonly eta: string
}

/** What is known of an epoch; on the data that it is judged on, when it has ended. */
interface Figures {
  readonly loss: number
  readonly accuracy?: number | undefined
  readonly valLoss?: number | undefined
  readonly valAccuracy?: number | undefined
}

/** Accuracies where the loss classifies, else losses. */
function epochFields(figures: Figures, judgedOn: JudgedOn, rate: number, eta: string): EpochText {
  const { loss, accuracy, valLoss, valAccuracy } = figures
  const judged =
    accuracy === undefined
      ? { judged: `${judgedOn} loss ${formatFigure(valLoss)}` }
      : { train: `train ${formatFigure(accuracy)}`, judged: `${judgedOn} ${formatFigure(valAccuracy)}` }
  return {
    loss: `loss ${loss.toFixed(4)}`,
    ...judged,
    rate: `${Math.round(rate).toLocaleString('en-US').padStart(7)} samples/s`,
    eta: `ETA ${eta}`,
  }
}

/** The fields in one line of at most `columns`; whole fields are left out where it is too narrow, the rate first. */
function inColumns(fields: EpochText, columns: number): string {
  const left: Partial<Record<keyof EpochText, string>> = { ...fields }
  const line = (): string => Object.values(left).join(' ')
  for (const name of ['rate', 'train', 'eta', 'judged'] as const) {
    if (line().length <= columns) break
    delete left[name]
  }
  return line()
}

function formatFigure(figure: number | undefined): string {
  return figure === undefined ? '-     ' : figure.toFixed(4)
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
  /** Samples that were done before: by the run that this one resumes. */
  #before = 0

  constructor({ epochs, samplesPerEpoch, now = () => performance.now() / 1000 }: ProgressOptions) {
    this.#total = epochs * samplesPerEpoch
    this.#perEpoch = samplesPerEpoch
    this.#now = now
    this.#start = now()
  }

  /** Says that this run begins with epoch `epoch`, from 0. */
  beginAt(epoch: number): void {
    this.#before = epoch * this.#perEpoch
  }

  /** After `epochs` whole epochs and `samples` of the next one. */
  eta(epochs: number, samples: number): string {
    const done = epochs * this.#perEpoch + samples
    if (done <= this.#before) return '-'
    return formatSeconds(((this.#now() - this.#start) * (this.#total - done)) / (done - this.#before))
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

  begin(epoch: number): void {
    if (this.#epoch === 0) this.#clock.beginAt(epoch)
    this.#epoch = epoch + 1
  }

  update(): void {}

  end(info: EpochInfo): void {
    const { stream, epochs, judgedOn = 'test' } = this.#options
    const fields = epochFields(info, judgedOn, info.samplesPerSecond, this.#clock.eta(this.#epoch, 0))
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
  #bar: SingleBar | undefined
  #epoch = 0
  /** The last epoch's, until this one's are known. */
  #judged: Pick<EpochInfo, 'valLoss' | 'valAccuracy'> = {}
  #text = ''

  constructor(options: ProgressOptions, clock: EtaClock) {
    this.#options = options
    this.#clock = clock
  }

  begin(epoch: number): void {
    const { stream, epochs, samplesPerEpoch } = this.#options
    if (this.#epoch === 0) this.#clock.beginAt(epoch)
    this.#epoch = epoch + 1
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

  update({ samples, seconds, ...info }: ProgressInfo): void {
    const eta = this.#clock.eta(this.#epoch - 1, samples)
    this.#show(samples, { ...this.#judged, ...info }, seconds > 0 ? samples / seconds : 0, eta)
  }

  end(info: EpochInfo): void {
    const { valLoss, valAccuracy } = info
    this.#judged = {
      ...(valLoss === undefined ? {} : { valLoss }),
      ...(valAccuracy === undefined ? {} : { valAccuracy }),
    }
    this.#show(this.#options.samplesPerEpoch, info, info.samplesPerSecond, this.#clock.eta(this.#epoch, 0))
    this.stop()
  }

  #show(samples: number, figures: Figures, rate: number, eta: string): void {
    const { stream, epochs, judgedOn = 'test' } = this.#options
    const fields = epochFields(figures, judgedOn, rate, eta)
    const used = epochText(this.#epoch, epochs).length + barSize + 2
    this.#text = inColumns(fields, (stream.columns || 80) - used)
    this.#bar?.update(samples, { text: this.#text })
  }

  stop(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}
