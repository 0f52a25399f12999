// A call of fit: epochs over recorded steps, with reports, validation, checkpoints, and ways to pause and to stop.

import type { RunResult } from '../kernels/plan.js'
import type { Loss } from '../losses/loss.js'
import type { Meter } from '../metrics/meter.js'
import { toMetrics } from '../metrics/metrics.js'
import type { Augmentation } from '../model/augment.js'
import { epochColumn, stepColumn } from '../model/step.js'
import type { Optimizer } from '../optim/optimizer.js'
import { progressStream } from '../platform.js'
import { plateauOf, type Run, valueAt } from '../schedules/schedule.js'
import type { TensorData } from '../tensor/tensor.js'
import type { Callback, SavableNetwork, TrainingRun } from './callback.js'
import { ReduceLROnPlateau } from './callbacks/reduce-lr-on-plateau.js'
import { checkPart, meterFor } from './check-data.js'
import { Checkpoints } from './checkpoint.js'
import { type DataSteps, passBegin, type StepTotals } from './data-steps.js'
import { diagnose } from './diagnose.js'
import { Evaluator, means } from './evaluate.js'
import { stepError } from './failure.js'
import { measureHealth } from './health.js'
import type { HealthReport } from './health-report.js'
import { abortedReason, type EpochLogs, History } from './history.js'
import { defaultBatchSize, type FitOptions } from './options.js'
import type { ProgressReport } from './progress.js'
import { type Position, type Snapshot, type Weights, writeWeights } from './snapshot.js'
import type { TrainingMemory } from './training-memory.js'
import { augmentationOf, type Subject, trainingMemory, trainingSteps } from './training-steps.js'
import { Updates } from './updates.js'

/** This call, as schedules see it. */
interface FitRun extends Run {
  step: number
}

export class Fit implements TrainingRun {
  readonly history = new History()
  readonly epochs: number
  lrFactor = 1
  readonly #subject: Subject
  readonly #options: FitOptions
  readonly #callbacks: readonly Callback[]
  readonly #batchSize: number
  readonly #seed: number
  readonly #dataSteps: DataSteps
  readonly #evaluator: Evaluator | undefined
  readonly #checkpoints: Checkpoints | undefined
  readonly #memory: TrainingMemory
  readonly #meter: Meter | undefined
  readonly #updates: Updates
  readonly #augmentation: Augmentation | undefined
  /** Ends what runs: by the caller's signal, or by a callback. */
  readonly #stopper = new AbortController()
  #epoch = 0
  #pass = passBegin()
  #run: FitRun = { step: 0, steps: 0 }
  /** Steps of the optimizer before this run. */
  #stepsBefore = 0
  /** Whether position and weights were changed by a callback. */
  #restored = false
  /** What `verbose` shows: no callback of the run, which a checkpoint would know. */
  #progress: ProgressReport | undefined
  /** Whether all steps are done that there will be: nothing is left to stop. */
  #ended = false
  /** The parameters before the epoch's last step. */
  #beforeLast: TensorData | undefined
  #paused: { readonly until: Promise<void>; readonly end: () => void } | undefined

  /** Throws ERR_SHAPE, ERR_LABEL, ERR_STATE as `Model.fit` documents. */
  constructor(subject: Subject, options: FitOptions) {
    const { network, sealed, data, validation } = subject
    const { loss, optimizer, callbacks = [], seed = network.seed, threads, l2, accumulate = 1, ema } = options
    const backend = threads === undefined ? network.backend : network.backend.withThreads(threads)
    this.#subject = subject
    this.#options = options
    this.#callbacks = [...callbacks, ...plateauCallback(optimizer)]
    this.#seed = seed
    this.epochs = options.epochs ?? 1
    this.#batchSize = Math.min(options.batchSize ?? defaultBatchSize, data.length)
    const metrics = toMetrics('fit', options.metrics)
    this.#meter = meterFor(network, sealed, data, loss, metrics)
    this.#memory = trainingMemory(subject, options)
    const { average: parameters, ranges } = this.#memory
    const lrFactors = ranges.map(({ lrFactor }) => lrFactor)
    const { length } = data
    this.#updates = new Updates({ length, batchSize: this.#batchSize, accumulate, ema, optimizer, lrFactors })
    this.#augmentation = augmentationOf(subject, options)
    const step = { ...options, augmentation: this.#augmentation }
    this.#dataSteps = trainingSteps(subject, backend, step, this.#memory, this.#meter, this.#batchSize)
    this.#evaluator =
      validation === undefined
        ? undefined
        : about(
            'validationData',
            () => new Evaluator(network, backend, validation, loss, this.#batchSize, { l2, parameters, metrics }),
          )
    this.#checkpoints =
      options.checkpoint === undefined ? undefined : new Checkpoints(network, sealed, data, this.#batchSize, options)
    // All fits together: from now on the optimizer is this model's.
    optimizer.claim(network)
  }

  get model(): SavableNetwork {
    return this.#subject.network
  }

  get loss(): Loss {
    return this.#options.loss
  }

  get epoch(): number {
    return this.#epoch
  }

  get steps(): number {
    return this.#subject.state.steps
  }

  stop(reason: string): void {
    if (this.#ended) return
    this.history.stopReason ??= reason
    this.#stopper.abort()
  }

  pause(): void {
    // What has been stopped waits for nothing: nobody would wake it.
    if (this.#paused !== undefined || this.#stopper.signal.aborted) return
    let end = (): void => undefined
    const until = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#paused = { until, end }
    this.#stopper.signal.addEventListener('abort', end, { once: true })
  }

  resume(): void {
    this.#paused?.end()
    this.#paused = undefined
  }

  readWeights(): Weights {
    return { parameters: this.#memory.measured.slice(), buffers: this.#subject.sealed.store.buffers.slice() }
  }

  async writeWeights(weights: Weights): Promise<void> {
    await this.#subject.state.turns.take(async () => this.#write(weights))
  }

  #write(weights: Weights): void {
    writeWeights(this.#subject.sealed, weights)
    // The average begins anew from them.
    this.#memory.average?.set(weights.parameters)
  }

  snapshot(): Snapshot {
    return {
      position: this.#position(),
      weights: { ...this.readWeights(), parameters: this.#memory.trained.slice() },
      state: new Map([...this.#memory.copy(this.#updates.isOpen(this.#batches)), ...this.#measured()]),
      history: this.history.entries,
    }
  }

  restore({ position, weights, state, history }: Snapshot): void {
    const { state: model } = this.#subject
    const { optimizer } = this.#options
    this.#write(weights)
    this.#memory.restore(state)
    for (const [slot, view] of Object.entries(this.#meter?.slots ?? {})) view.set(state.get(slot) ?? [])
    this.#epoch = position.epoch
    this.#pass = { cursor: position.cursor, totals: { ...position.totals } }
    model.epochs = position.modelEpochs
    model.steps = position.modelSteps
    optimizer.advance(position.optimizerSteps - optimizer.steps)
    this.#stepsBefore = optimizer.steps - position.runSteps
    this.lrFactor = position.lrFactor
    this.history.assign(history, position.epoch - history.length)
    this.#restored = true
  }

  /** Runs to the end, or to where it is stopped. */
  async run(): Promise<History> {
    const { signal, optimizer, initialEpoch = 0 } = this.#options
    const onAbort = (): void => this.stop(abortedReason)
    signal?.addEventListener('abort', onAbort)
    try {
      const { perEpoch } = this.#updates
      this.#stepsBefore = optimizer.steps - initialEpoch * perEpoch
      this.#run = { step: 0, steps: this.epochs * perEpoch }
      this.#epoch = initialEpoch
      await this.#resume()
      await this.#beginProgress()
      await this.#each((callback) => callback.onTrainBegin?.(this))
      if (signal?.aborted) onAbort()
      while (this.#epoch < this.epochs && !this.#stopper.signal.aborted) await this.#runEpoch()
      this.history.stopped = this.#stopper.signal.aborted
      this.#ended = true
      await this.#checkpoints?.write(this.snapshot(), this.#callbacks)
      // Stopped while it was validated: the epoch is over all the same.
      if (this.#pass.cursor >= this.#subject.data.length) this.#subject.state.epochs++
      this.#memory.keepAverage()
      await this.#each((callback) => callback.onTrainEnd?.(this))
      await this.#checkpoints?.settle()
    } catch (error) {
      await this.#each(async (callback) => {
        try {
          await callback.onException?.(error, this)
        } catch {
          // The first error is the one to tell; and the other callbacks hear of it as well.
        }
      })
      throw error
    } finally {
      this.#progress?.stop()
      this.#memory.keepAverage()
      signal?.removeEventListener('abort', onAbort)
      // What training failed with is not to be hidden by a checkpoint that failed as well.
      await this.#checkpoints?.settle().catch(() => {})
      this.#dataSteps.release()
      this.#evaluator?.release()
      this.#meter?.release()
      this.#memory.release()
    }
    this.#dataSteps.reportProfile(`training of ${this.model}`)
    this.#evaluator?.reportProfile()
    return this.history
  }

  async #resume(): Promise<void> {
    const snapshot = this.#options.resume ? await this.#checkpoints?.read(this.#callbacks) : undefined
    await this.#checkpoints?.begin()
    if (snapshot !== undefined) this.restore(snapshot)
  }

  async #beginProgress(): Promise<void> {
    const { verbose = 0 } = this.#options
    if (verbose === 0) return
    const { progressCallback } = await import('./progress.js')
    this.#progress = progressCallback({
      stream: progressStream(),
      epochs: this.epochs,
      judgedOn: 'val',
      lines: verbose === 2,
    })
  }

  async #runEpoch(): Promise<void> {
    const { state, data } = this.#subject
    if (this.#pass.cursor === 0) await this.#each((callback) => callback.onEpochBegin?.(this.#epoch, this))
    if (this.#stopper.signal.aborted) return
    this.#restored = false
    if (!(await this.#trainEpoch()) || this.#restored) return
    const health = this.#health()
    const measured = await this.#evaluate()
    if (measured === 'stopped') return
    state.epochs++
    const { totals } = this.#pass
    const seconds = totals.milliseconds / 1e3
    const { loss } = this.#options
    const logs: EpochLogs = {
      ...means(totals, loss),
      ...measured,
      ...(this.#meter === undefined ? {} : { metrics: this.#meter.values() }),
      seconds,
      samplesPerSecond: data.length / seconds,
      lr: this.#lastRate(),
      ...(health === undefined ? {} : { health }),
    }
    this.history.push(logs, this.#epoch)
    const epoch = this.#epoch++
    this.#pass = passBegin()
    await this.#memory.withAverage(state.turns, () =>
      this.#each((callback) => callback.onEpochEnd?.(epoch, logs, this)),
    )
    if (this.#epoch < this.epochs) await this.#checkpoints?.write(this.snapshot(), this.#callbacks)
  }

  /** The rest of the epoch's steps; answers whether it is whole. */
  async #trainEpoch(): Promise<boolean> {
    const { network, state } = this.#subject
    const { loss, shuffle } = this.#options
    for (;;) {
      const pass = this.#pass
      const { end, failure } = await this.#dataSteps.pass(pass, {
        epoch: state.epochs,
        shuffleSeed: shuffle === false ? undefined : this.#seed,
        check: (part) => checkPart(network, part, loss),
        signal: this.#stopper.signal,
        turn: (work) => state.turns.take(work),
        ready: () => this.#paused?.until,
        mostSteps: (remaining) => this.#mostSteps(remaining),
        fillStep: (set, i) => this.#fillStep(set, i),
        onJob: (steps, last) => this.#afterJob(steps, last),
      })
      if (end !== 'failed') return end === 'done'
      const error = this.#errorOf(failure as RunResult, pass.cursor)
      if (!(await this.#isPutRight(error))) throw error
      if (this.#restored) return false
    }
  }

  /** What the step of the batch at `cursor` failed with. */
  #errorOf(failure: RunResult, cursor: number): unknown {
    const { network, sealed, state } = this.#subject
    const { loss } = this.#options
    const { lastLosses, part } = this.#dataSteps
    const epoch = this.#epoch
    const step = Math.floor(cursor / this.#batchSize)
    const samples = this.#dataSteps.samplesAt(cursor)
    const augmentation = this.#augmentation
    const failed = { network, graph: sealed.graph, part, loss, epoch, step, samples, lastLosses, augmentation }
    return stepError(failure, {
      what: 'Training',
      where: `epoch ${epoch + 1}, step ${step + 1}`,
      sampleAt: (row) => part.first + (samples[row] as number),
      loss,
      diagnose: () => diagnose({ ...failed, modelStep: state.steps, modelEpoch: state.epochs }),
    })
  }

  async #isPutRight(error: unknown): Promise<boolean> {
    for (const callback of this.#callbacks) {
      if (await callback.onFailure?.(error, this)) return this.#restored
    }
    return false
  }

  #mostSteps(remaining: number): number {
    if (this.#restored) return 0
    // The last step is a job of its own, before which the parameters are copied.
    const beforeHealth = this.#options.health ? Math.max(1, remaining - 1) : remaining
    if (this.#options.health && remaining === 1) this.#beforeLast = this.#subject.sealed.store.values.slice()
    if (this.#callbacks.some(({ onBatchEnd }) => onBatchEnd !== undefined)) return 1
    return Math.min(beforeHealth, this.#checkpoints?.stepsUntilNext() ?? remaining)
  }

  /** How the epoch's last step has left the model, where that is asked for. */
  #health(): HealthReport | undefined {
    const before = this.#beforeLast
    if (before === undefined) return undefined
    this.#beforeLast = undefined
    const { network, sealed } = this.#subject
    const { part } = this.#dataSteps
    const last = (this.#updates.batches - 1) * this.#batchSize
    return measureHealth({ network, sealed, part, indices: this.#dataSteps.samplesAt(last), before })
  }

  /** Gives each step its number and its rate. */
  #fillStep(set: (column: string, value: number) => void, i: number): void {
    const { optimizer } = this.#options
    const batches = this.#batches
    const update = optimizer.steps + this.#updates.after(batches + i) - this.#updates.after(batches)
    set(stepColumn, this.#subject.state.steps + i)
    if (this.#augmentation !== undefined) set(epochColumn, this.#subject.state.epochs)
    this.#run.step = update - this.#stepsBefore
    this.#updates.setStepValues(batches + i, update + 1, set, this.#run, this.lrFactor)
  }

  /** The learning rate of the optimizer's step that the last batch is part of. */
  #lastRate(): number {
    const { lr, steps } = this.#options.optimizer
    const batches = this.#batches
    const before = steps - (this.#updates.after(batches) - this.#updates.after(batches - 1))
    this.#run.step = before - this.#stepsBefore
    return this.lrFactor * valueAt(lr, before + 1, this.#run)
  }

  async #afterJob(steps: number, last: StepTotals): Promise<void> {
    const { loss, optimizer } = this.#options
    const { data, state } = this.#subject
    const batches = this.#batches
    optimizer.advance(this.#updates.after(batches) - this.#updates.after(batches - steps))
    state.steps += steps
    const { totals } = this.#pass
    const epoch = this.#epoch
    const { samples, milliseconds } = totals
    const seconds = milliseconds / 1e3
    const lr = this.#lastRate()
    const progress = { epoch, samples, totalSamples: data.length, ...means(totals, loss), seconds, lr }
    const logs = {
      epoch,
      step: batches - 1,
      samples: last.samples,
      ...means(last, loss),
      lr,
    }
    await this.#each(async (callback) => {
      await callback.onProgress?.(progress, this)
      await callback.onBatchEnd?.(logs, this)
    })
    await this.#checkpoints?.afterSteps(steps, () => this.snapshot(), this.#callbacks)
  }

  /** What the epoch's steps have measured for metrics: needed within an epoch only. */
  #measured(): readonly (readonly [string, TensorData])[] {
    if (this.#pass.cursor === 0) return []
    return Object.entries(this.#meter?.slots ?? {}).map(([slot, view]) => [slot, view.slice()])
  }

  async #evaluate(): Promise<Pick<EpochLogs, 'valLoss' | 'valAccuracy' | 'valMetrics'> | 'stopped'> {
    const evaluator = this.#evaluator
    if (evaluator === undefined) return {}
    const measured = await this.#subject.state.turns.take(() => evaluator.run(this.#stopper.signal))
    if (measured === undefined) return 'stopped'
    const { loss, accuracy, metrics } = measured
    return {
      valLoss: loss,
      ...(accuracy === undefined ? {} : { valAccuracy: accuracy }),
      ...(metrics === undefined ? {} : { valMetrics: metrics }),
    }
  }

  async #each(call: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.#callbacks) await call(callback)
    if (this.#progress !== undefined) await call(this.#progress.callback)
  }

  /** Batches of the epoch so far. */
  get #batches(): number {
    return Math.ceil(this.#pass.cursor / this.#batchSize)
  }

  #position(): Position {
    const { state } = this.#subject
    const { optimizer } = this.#options
    return {
      epoch: this.#epoch,
      cursor: this.#pass.cursor,
      totals: { ...this.#pass.totals },
      modelEpochs: state.epochs,
      modelSteps: state.steps,
      optimizerSteps: optimizer.steps,
      runSteps: optimizer.steps - this.#stepsBefore,
      lrFactor: this.lrFactor,
    }
  }
}

/** What a schedule of the kind 'plateau' asks of training. */
function plateauCallback({ lr }: Optimizer): readonly Callback[] {
  const plateau = plateauOf(lr)
  if (plateau === undefined) return []
  const { kind, from, ...rule } = plateau
  return [new ReduceLROnPlateau(rule)]
}

/** Runs `work`; an error that it throws says what it is about. */
function about<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error) error.message = `${what}: ${error.message}`
    throw error
  }
}
