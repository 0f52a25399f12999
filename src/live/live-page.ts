// LivePage: a callback of `fit` that serves a page on this machine, on which training is watched, paused and stopped.

import { readFile } from 'node:fs/promises'
import { Dataset } from '../data/dataset.js'
import { checkOptions, describe, netwrightError, requireFlag, requireNumber } from '../errors.js'
import type { NamedNetwork } from '../io/model-file.js'
import type { Loss } from '../losses/loss.js'
import { sizeOf } from '../tensor/shape.js'
import type { Callback, TrainingProgress, TrainingRun } from '../train/callback.js'
import type { EpochLogs } from '../train/history.js'
import { drawingSize, predictDrawing } from './drawing.js'
import { EventLog } from './event-log.js'
import { LiveServer, RequestError } from './live-server.js'
import { type Action, actions, type EpochMessage, isOver, type Messages, type StateMessage } from './messages.js'
import { Samples } from './samples.js'

export interface LivePageOptions {
  /** The port to listen on; default 0, any that is free. */
  readonly port?: number
  /** A dozen of its samples are shown with the model's predictions: test data, as a rule. Default: none are. */
  readonly samples?: Dataset
  /** Go on after training, so that one can draw, until `close()` or the page's own button. Default false. */
  readonly keepOpen?: boolean
  /** Is told the page's address. Default: it is printed on stderr. */
  readonly onOpen?: (url: string) => void
}

/** Milliseconds between two points of a curve, and between two predictions of the samples. */
const pointMilliseconds = 100
const predictionMilliseconds = 750
/** The page, as scripts/build-typescript.mjs makes it: the same place for src/ and for dist/. */
const pageFile = new URL('../../dist/live/page.html', import.meta.url)

const stoppedHere = 'stopped on the live page'

/**
 * Serves a page on 127.0.0.1 while `fit` runs: curves, rates, predictions of some samples, buttons to pause and to stop,
 * and, for models of small grey pictures such as digits, a field to draw on.
 *
 *     await model.fit(train, { …, callbacks: [new LivePage({ samples: test })] })
 *     // Live page: http://127.0.0.1:40123/?token=…
 *
 * The address has a random token, without which every request is refused. The page ends with the run, however that ends,
 * unless `keepOpen` is set. `fit` rejects before it trains: with ERR_ARGUMENT where the port is taken, with ERR_SHAPE for
 * samples that the model does not take.
 */
export class LivePage implements Callback {
  readonly #port: number
  readonly #dataset: Dataset | undefined
  readonly #keepOpen: boolean
  readonly #onOpen: (url: string) => void
  readonly #log = new EventLog()
  #server: LiveServer | undefined
  #url: string | undefined
  #run: TrainingRun | undefined
  #samples: Samples | undefined
  /** The last progress, where the page was not told of it. */
  #untold: TrainingProgress | undefined
  #clock = new RunClock()
  #before = { epoch: 0, samples: 0, loss: 0, correct: 0, seconds: 0 }
  #lastPoint = 0
  #lastPredictions = 0
  /** An epoch that was too early after the one before to be sent. */
  #waiting: EpochMessage | undefined
  #lastEpoch = 0
  #onClosed: () => void = () => {}
  #closed: Promise<void> = Promise.resolve()

  /** Throws ERR_ARGUMENT for options out of range. */
  constructor(options: LivePageOptions = {}) {
    checkOptions('LivePage', options, ['port', 'samples', 'keepOpen', 'onOpen'])
    const { port = 0, samples, keepOpen = false, onOpen = printAddress } = options
    const isPort = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535
    this.#port = requireNumber('LivePage: port', port, 'a whole number from 0 to 65535', isPort)
    if (samples !== undefined && !(samples instanceof Dataset)) {
      throw netwrightError('ERR_ARGUMENT', `LivePage: samples is ${describe(samples)}, expected a Dataset`, 'TypeError')
    }
    this.#dataset = samples
    this.#keepOpen = requireFlag('LivePage: keepOpen', keepOpen)
    this.#onOpen = onOpen
  }

  /** The page's address, while it is open. */
  get url(): string | undefined {
    return this.#url
  }

  /** Resolves when the page is closed; at once where it is not open. */
  get closed(): Promise<void> {
    return this.#closed
  }

  async onTrainBegin(run: TrainingRun): Promise<void> {
    const { model, loss } = run
    this.#run = run
    this.#log.clear()
    this.#before = { epoch: run.epoch, samples: 0, loss: 0, correct: 0, seconds: 0 }
    this.#clock = new RunClock()
    this.#lastPoint = this.#lastPredictions = this.#lastEpoch = 0
    this.#waiting = undefined
    this.#samples = this.#dataset === undefined ? undefined : samplesFor(model, this.#dataset, loss)
    const drawing = drawingSize(run)
    const url = this.#server === undefined ? await this.#listen() : undefined
    this.#replace('run', {
      model: model.toString(),
      parameters: model.params.reduce((sum, { size }) => sum + size, 0),
      epochs: run.epochs,
      ...(drawing === undefined ? {} : { drawing }),
      samples: this.#samples?.messages ?? [],
    })
    this.#tell({ state: 'running', open: true })
    if (url !== undefined) this.#onOpen(url)
  }

  onProgress(progress: TrainingProgress, run: TrainingRun): void {
    const { epoch, samples, totalSamples, seconds, lr } = progress
    const now = performance.now()
    this.#untold = progress
    if (now - this.#lastPoint < pointMilliseconds) return
    this.#lastPoint = now
    const { before, after } = this.#since(progress)
    const count = samples - before.samples
    const part = samples / totalSamples
    this.#append('point', {
      at: epoch + (Number.isFinite(part) ? part : 0),
      loss: (after.loss - before.loss) / count,
      ...(progress.accuracy === undefined ? {} : { accuracy: (after.correct - before.correct) / count }),
      lr,
      rate: Math.round(count / Math.max(seconds - before.seconds, 1e-6)),
    })
    this.#tellProgress(run)
    if (now - this.#lastPredictions >= predictionMilliseconds) this.#predictSamples()
  }

  /** Where the run stands, if that was not told. */
  #tellProgress(run: TrainingRun): void {
    if (this.#untold === undefined) return
    const { epoch, samples, totalSamples } = this.#untold
    this.#untold = undefined
    const part = samples / totalSamples
    const eta = this.#clock.left((epoch + part) / run.epochs)
    this.#replace('progress', {
      epoch: epoch + 1,
      samples,
      totalSamples,
      steps: run.steps,
      ...(eta === undefined ? {} : { eta }),
    })
  }

  onEpochEnd(epoch: number, { valLoss, valAccuracy }: EpochLogs): void {
    const message = {
      at: epoch + 1,
      ...(valLoss === undefined ? {} : { valLoss }),
      ...(valAccuracy === undefined ? {} : { valAccuracy }),
    }
    const now = performance.now()
    if (now - this.#lastEpoch < pointMilliseconds) {
      this.#waiting = message
      return
    }
    this.#lastEpoch = now
    this.#waiting = undefined
    this.#append('epoch', message)
  }

  async onTrainEnd(run: TrainingRun): Promise<void> {
    this.#predictSamples()
    this.#tellProgress(run)
    const reason = run.history.stopReason
    await this.#end({ state: 'ended', ...(reason === undefined ? {} : { reason }), open: this.#keepOpen })
  }

  async onException(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error)
    await this.#end({ state: 'failed', reason, open: false })
  }

  /** Closes the page, if it is open; training goes on. The page shows the `reason`, unless training has ended before. */
  async close(reason?: string): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const last = this.#log.latest('state') ?? { state: 'ended' }
    this.#tell({ ...(reason === undefined || isOver(last) ? {} : { reason }), ...last, open: false })
    this.#server = undefined
    this.#url = undefined
    await server.close()
    this.#onClosed()
  }

  async #listen(): Promise<string> {
    const server = new LiveServer(await readPage(), this.#log, {
      predict: (body) => predictDrawing(this.#run as TrainingRun, body),
      control: (body) => this.#control(body),
      onViewer: () => this.#onViewer(),
    })
    const url = await server.listen(this.#port)
    this.#server = server
    this.#url = url
    this.#closed = new Promise((resolve) => {
      this.#onClosed = resolve
    })
    return url
  }

  async #end(state: StateMessage): Promise<void> {
    if (this.#waiting !== undefined) this.#append('epoch', this.#waiting)
    this.#waiting = undefined
    this.#tell(state)
    if (!state.open) await this.close()
  }

  #control(body: unknown): void {
    const action = typeof body === 'object' && body !== null && 'action' in body ? body.action : undefined
    const run = this.#run as TrainingRun
    const last = this.#log.latest('state') as StateMessage
    const { state } = last
    switch (actions.find((known): known is Action => known === action)) {
      case undefined:
        throw new RequestError(400, `expected { "action": ${actions.join(' or ')} }`)
      case 'pause':
        if (state === 'running') this.#pause(run)
        break
      case 'resume':
        if (state === 'paused') this.#resume(run)
        break
      case 'stop':
        if (!isOver(last)) run.stop(stoppedHere)
        break
      case 'close':
        if (!isOver(last)) throw new RequestError(409, 'training runs: stop it first')
        // Once this request is answered.
        setImmediate(() => void this.close())
    }
  }

  #pause(run: TrainingRun): void {
    run.pause()
    this.#clock.pause()
    this.#tell({ state: 'paused', open: true })
  }

  #resume(run: TrainingRun): void {
    this.#clock.resume()
    run.resume()
    this.#tell({ state: 'running', open: true })
  }

  /** A page that was opened while nobody looked: its predictions are old, or there are none. */
  #onViewer(): void {
    if (performance.now() - this.#lastPredictions >= predictionMilliseconds) setImmediate(() => this.#predictSamples())
  }

  #predictSamples(): void {
    const run = this.#run
    if (run === undefined || this.#samples === undefined || this.#server?.hasViewers !== true) return
    this.#lastPredictions = performance.now()
    try {
      this.#replace('predictions', this.#samples.predictions(run.model, run.loss))
    } catch (error) {
      // Training matters more than a look at it.
      this.#samples = undefined
      process.emitWarning(`LivePage: the samples are predicted no more, since it failed: ${(error as Error).message}`)
    }
  }

  /** Sums over the epoch's samples, until the last point and until now. */
  #since({ epoch, samples, loss, accuracy = 0, seconds }: TrainingProgress) {
    const after = { epoch, samples, loss: loss * samples, correct: accuracy * samples, seconds }
    const isSame = this.#before.epoch === epoch && this.#before.samples < samples
    const before = isSame ? this.#before : { epoch, samples: 0, loss: 0, correct: 0, seconds: 0 }
    this.#before = after
    return { before, after }
  }

  #tell(state: StateMessage): void {
    this.#replace('state', state)
  }

  #replace<T extends keyof Messages>(type: T, message: Messages[T]): void {
    this.#server?.send(this.#log.replace(type, message))
  }

  #append<T extends keyof Messages>(type: T, message: Messages[T]): void {
    this.#server?.send(this.#log.append(type, message))
  }
}

/** Estimates the seconds that are left from those so far, pauses left out. */
class RunClock {
  #start = performance.now()
  #firstShare: number | undefined
  #pausedAt: number | undefined

  pause(): void {
    this.#pausedAt ??= performance.now()
  }

  resume(): void {
    if (this.#pausedAt !== undefined) this.#start += performance.now() - this.#pausedAt
    this.#pausedAt = undefined
  }

  /** After `share` of the run. What a resumed run had done before took no time of this one. */
  left(share: number): number | undefined {
    if (this.#firstShare === undefined || share < this.#firstShare) {
      this.#firstShare = share
      this.#start = performance.now()
      return undefined
    }
    const done = share - this.#firstShare
    return done > 0 ? ((performance.now() - this.#start) / 1e3 / done) * (1 - share) : undefined
  }
}

/** Throws ERR_SHAPE for samples that the model does not take. */
function samplesFor(model: NamedNetwork, dataset: Dataset, loss: Loss): Samples {
  try {
    const { output } = model.graphFor(dataset.sampleShapes)
    return new Samples(dataset, loss, sizeOf(output.shape))
  } catch (error) {
    if (error instanceof Error) error.message = `LivePage: samples do not fit the model. ${error.message}`
    throw error
  }
}

function printAddress(url: string): void {
  process.stderr.write(`Live page: ${url}\n`)
}

async function readPage(): Promise<string> {
  return await readFile(pageFile, 'utf8').catch((error: unknown) => {
    throw netwrightError('ERR_FILE', `LivePage: dist/live/page.html is missing (${error}). Build it: npm run build:ts`)
  })
}
