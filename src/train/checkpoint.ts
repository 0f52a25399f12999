// Checkpoints: everything that the next step of a run depends on, in one file. The file is a model's file with more
// tensors and one more text, so that a checkpoint also loads as a model.

import { createHash, type Hash } from 'node:crypto'
import { access, constants, readdir, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checkOptions, describe, netwrightError, requireNumber, requireWhole } from '../errors.js'
import { fileError, systemProblem } from '../files/file-error.js'
import { modelTexts, requireTensors, trainingPrefix } from '../io/model-file.js'
import { requirePath, withSafetensors, writeSafetensors } from '../io/safetensors.js'
import { readState, writeState } from '../io/state-dict.js'
import { toMetrics } from '../metrics/metrics.js'
import { augmentSettings } from '../model/augment-options.js'
import type { Graph } from '../model/graph.js'
import type { Sealed } from '../model/network.js'
import { warn } from '../platform.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor, type TensorData } from '../tensor/tensor.js'
import type { Callback, CallbackState, SavableNetwork } from './callback.js'
import type { DataParts } from './data-parts.js'
import { layersOf } from './groups.js'
import type { EpochLogs } from './history.js'
import type { FitOptions } from './options.js'
import { type Position, readWeights, type Snapshot } from './snapshot.js'

/** Where and how often `fit` writes checkpoints. */
export interface CheckpointOptions {
  /** The file; each checkpoint replaces the last in one step. */
  readonly path: string
  /** Also after so many steps. Default: after each epoch, and at the end, only. */
  readonly everySteps?: number
  /** Also when so many seconds have passed since the last. */
  readonly everySeconds?: number
}

const textKey = 'netwright.training'
/** SHA-256 of that text and of all tensors: a disk or a copy may have changed a bit of them. */
const digestKey = 'netwright.training.sha256'
const version = 1

/** What the text beside the tensors says. */
interface Description {
  readonly version: number
  readonly isa: string
  readonly structure: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly position: Position
  readonly history: readonly EpochLogs[]
  readonly callbacks: readonly { readonly name: string; readonly values?: unknown; readonly tensors: string[] }[]
}

/** Checks and completes the option `checkpoint` of fit. */
export function toCheckpointOptions(value: string | CheckpointOptions): CheckpointOptions {
  if (typeof value === 'string') return toCheckpointOptions({ path: value })
  checkOptions('fit: checkpoint', value, ['path', 'everySteps', 'everySeconds'])
  requirePath(value.path)
  if (value.everySteps !== undefined) requireWhole('fit: checkpoint.everySteps', value.everySteps)
  if (value.everySeconds !== undefined) {
    const isTime = (seconds: number): boolean => seconds > 0
    requireNumber('fit: checkpoint.everySeconds', value.everySeconds, 'a finite number above 0', isTime)
  }
  return value
}

/** Whether the file at `path` can be read, and is a checkpoint. */
export const isCheckpoint = (path: string): Promise<boolean> =>
  withSafetensors(path, async ({ metadata }) => metadata.has(textKey)).catch(() => false)

export class Checkpoints {
  readonly #options: CheckpointOptions
  readonly #network: SavableNetwork
  readonly #sealed: Sealed
  readonly #texts: ReadonlyMap<string, string>
  readonly #settings: Readonly<Record<string, unknown>>
  #steps = 0
  #time = performance.now()
  /** The write in progress: training goes on meanwhile. */
  #writing: Promise<void> = Promise.resolve()

  /** Throws ERR_ARGUMENT for a model that no file can describe. */
  constructor(network: SavableNetwork, sealed: Sealed, data: DataParts, batchSize: number, options: FitOptions) {
    this.#options = toCheckpointOptions(options.checkpoint as string | CheckpointOptions)
    this.#network = network
    this.#sealed = sealed
    this.#texts = modelTexts(network)
    this.#settings = settingsOf(network, sealed.graph, data, batchSize, options)
  }

  /** How many steps may run before the next checkpoint is due; undefined: any number. */
  stepsUntilNext(): number | undefined {
    const { everySteps } = this.#options
    return everySteps === undefined ? undefined : everySteps - this.#steps
  }

  async afterSteps(steps: number, snapshot: () => Snapshot, callbacks: readonly Callback[]): Promise<void> {
    const { everySteps = Number.POSITIVE_INFINITY, everySeconds = Number.POSITIVE_INFINITY } = this.#options
    this.#steps += steps
    const seconds = (performance.now() - this.#time) / 1e3
    if (this.#steps >= everySteps || seconds >= everySeconds) await this.write(snapshot(), callbacks)
  }

  /** Begins to write `snapshot`; rejects where the one before could not be written. */
  async write(snapshot: Snapshot, callbacks: readonly Callback[]): Promise<void> {
    const tensors = new Map(readState(this.#sealed))
    for (const [slot, data] of snapshot.state) tensors.set(trainingPrefix + slot, new Tensor(data, [data.length]))
    const states = callbacks.filter(remembers).map((callback, i) => {
      const { values, tensors: own = {} } = callback.state()
      for (const [name, tensor] of Object.entries(own)) {
        tensors.set(callbackTensor(i, name), new Tensor(tensor.data.slice(), tensor.shape))
      }
      return { name: nameOf(callback), values, tensors: Object.keys(own) }
    })
    const description: Description = {
      version,
      isa: this.#network.backend.isa,
      structure: this.#texts.get('netwright') as string,
      settings: this.#settings,
      position: snapshot.position,
      history: snapshot.history,
      callbacks: states,
    }
    const text = encode(description)
    const digest = newDigest(text)
    for (const [name, tensor] of tensors) addToDigest(digest, name, tensor)
    const texts = new Map([...this.#texts, [textKey, text], [digestKey, digest.digest('hex')]])
    this.#steps = 0
    await this.settle()
    this.#time = performance.now()
    this.#writing = writeSafetensors(this.#options.path, tensors, texts)
    // Whoever waits for it next gets the error; until then nobody does.
    this.#writing.catch(() => {})
  }

  /** Waits for the last checkpoint to be on the disk. Rejects with ERR_FILE. */
  async settle(): Promise<void> {
    await this.#writing
  }

  /** Removes what killed runs have left half written beside the file. */
  async begin(): Promise<void> {
    const { path } = this.#options
    const folder = dirname(path)
    await access(folder, constants.W_OK).catch((error) => {
      throw fileError(path, `no checkpoint can be written there (${systemProblem(error)})`, error)
    })
    const names = await readdir(folder)
    const isLeft = (name: string): boolean => name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp')
    await Promise.all(names.filter(isLeft).map((name) => unlink(join(folder, name)).catch(() => {})))
  }

  /**
   * The checkpoint, and its callbacks' states given back to `callbacks`; undefined where there is no file yet. Throws
   * ERR_FILE for a damaged file, ERR_ARGUMENT for one of another run, saying what differs.
   */
  async read(callbacks: readonly Callback[]): Promise<Snapshot | undefined> {
    const { path } = this.#options
    const exists = await access(path).then(
      () => true,
      () => false,
    )
    if (!exists) return undefined
    return await withSafetensors(path, async (file) => {
      const text = file.metadata.get(textKey)
      if (text === undefined) throw fileError(path, 'is no checkpoint: it has no state of a training run')
      const description = this.#decode(text)
      this.#compare(description, callbacks)
      const tensors = new Map<string, Tensor>()
      const digest = newDigest(text)
      for (const entry of file.entries) {
        const tensor = await file.readTensor(entry)
        addToDigest(digest, entry.name, tensor)
        tensors.set(entry.name, tensor)
      }
      if (file.metadata.get(digestKey) !== digest.digest('hex')) {
        throw fileError(path, 'is damaged: its contents do not have the digest that they were written with')
      }
      const take = (name: string): Tensor => {
        const tensor = tensors.get(name)
        if (tensor === undefined) throw fileError(path, `has no tensor ${describe(name)}: damaged`)
        return tensor
      }
      const states = description.callbacks.map(({ values, tensors: names }, i): CallbackState => {
        const entries = names.map((name): [string, Tensor] => [name, take(callbackTensor(i, name))])
        return { values, tensors: Object.fromEntries(entries) }
      })
      const state = new Map<string, TensorData>()
      for (const [name, { data }] of tensors) {
        const isState = name.startsWith(trainingPrefix) && !name.startsWith(callbackPrefix)
        if (isState) state.set(name.slice(trainingPrefix.length), data)
      }
      // Nothing is changed before everything has been read.
      writeState(this.#sealed, requireTensors(file, this.#sealed), tensors)
      callbacks.filter(remembers).forEach((callback, i) => {
        callback.setState?.(states[i] as CallbackState)
      })
      return { position: description.position, weights: readWeights(this.#sealed), state, history: description.history }
    })
  }

  #decode(text: string): Description {
    const { path } = this.#options
    try {
      const description = decode(text) as Description
      if (description.version !== version) throw new Error(`it has version ${describe(description.version)}`)
      return description
    } catch (error) {
      throw fileError(path, `the run that it describes cannot be read: ${(error as Error).message}`, error)
    }
  }

  /** Throws ERR_ARGUMENT unless the checkpoint is of this run. */
  #compare({ isa, structure, settings, callbacks: saved }: Description, callbacks: readonly Callback[]): void {
    const { path } = this.#options
    const refuse = (problem: string): Error =>
      netwrightError('ERR_ARGUMENT', `fit: cannot resume from ${path}: ${problem}`)
    if (structure !== this.#texts.get('netwright')) throw refuse('it is of another model (layers, shapes or seed)')
    for (const [name, value] of Object.entries(this.#settings)) {
      const [now, before] = [JSON.stringify(value), JSON.stringify(settings[name])]
      if (now !== before) throw refuse(`${name} is ${now}, the run that it belongs to had ${before}`)
    }
    const names = callbacks.filter(remembers).map(nameOf)
    if (names.join() !== saved.map(({ name }) => name).join()) {
      const list = (all: readonly string[]): string => all.join(', ') || 'none'
      throw refuse(
        `callbacks with a state are ${list(names)}, the run that it belongs to had ${list(saved.map(({ name }) => name))}`,
      )
    }
    if (isa === this.#network.backend.isa) return
    warn(
      `${path} was written on ${isa}, and training goes on with ${this.#network.backend.isa}: its results will differ ` +
        'in the last bits from those of an uninterrupted run.',
      'NETWRIGHT_OTHER_ISA',
    )
  }
}

const callbackPrefix = `${trainingPrefix}callback`
const callbackTensor = (i: number, name: string): string => `${callbackPrefix}${i}.${name}`

/** The others make no difference to a run that goes on: they may come and go. */
const remembers = (callback: Callback): callback is Callback & Required<Pick<Callback, 'state'>> =>
  callback.state !== undefined

const nameOf = (callback: Callback): string => callback.constructor.name

const newDigest = (text: string): Hash => createHash('sha256').update(text)

function addToDigest(digest: Hash, name: string, { data }: Tensor): void {
  digest.update(`\n${name}\n`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/** What must be the same for a run to go on with the same bits. `epochs` may grow. */
function settingsOf(
  network: SavableNetwork,
  { layers }: Graph,
  data: DataParts,
  batchSize: number,
  options: FitOptions,
): Record<string, unknown> {
  const { loss, optimizer, shuffle = true, seed = network.seed, l2 = 0, accumulate = 1 } = options
  const { clipNorm = null, clipValue = null, ema = null, augment, groups = [] } = options
  return {
    data: digestOf(data),
    batchSize,
    shuffle,
    seed,
    l2,
    clipNorm,
    clipValue,
    accumulate,
    ema,
    augment: (augment && augmentSettings('fit: augment', augment)) ?? null,
    groups: groups.map((group) => ({ ...group, layers: layersOf(group).map((layer) => layers.indexOf(layer)) })),
    metrics: toMetrics('fit', options.metrics).map(({ name }) => name),
    frozen: layers.flatMap(({ frozen }, i) => (frozen ? [i] : [])),
    loss: plain('loss', loss),
    optimizer: { kind: optimizer.constructor.name, ...plain('optimizer', optimizer) },
  }
}

/** An object's own values, as JSON has them. */
function plain(what: string, value: object): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  } catch (error) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `fit: the settings of its ${what}, ${describe(value)}, cannot be written to a checkpoint ` +
        `(${(error as Error).message.split('\n')[0]}). Give the class a toJSON() that answers them`,
    )
  }
}

/** At most so many samples are looked at. */
const mostDigested = 1000

/** A number for the data: shapes, targets and some of the samples; of a stream, its length and those of its first part. */
function digestOf({ like, length: ofPass }: DataParts): string {
  const { inputs, y, length } = like
  const hash = createHash('sha256')
  if (length < ofPass) hash.update(`${ofPass} in parts of ${length};`)
  for (const { data, shape, element, scale } of [...inputs, y]) {
    hash.update(`${element} ${shape.join()} ${scale};`)
    const cols = sizeOf(shape.slice(1))
    const count = Math.min(length, mostDigested)
    for (let i = 0; i < count; i++) {
      const row = Math.floor((i * length) / count)
      const part = data.slice(row * cols, (row + 1) * cols)
      hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

/** JSON with numbers that it does not have: NaN, Infinity. */
const encode = (value: unknown): string =>
  JSON.stringify(value, (_, item) =>
    typeof item === 'number' && !Number.isFinite(item) ? { notFinite: String(item) } : item,
  )

const decode = (text: string): unknown =>
  JSON.parse(text, (_, item) =>
    typeof item === 'object' && item !== null && 'notFinite' in item ? Number(item.notFinite) : item,
  )
