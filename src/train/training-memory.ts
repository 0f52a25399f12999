// TrainingMemory: what a run has besides the model's own memory, and which of the model it trains.

import { type Lock, withLock } from '../kernels/backend.js'
import type { Region } from '../kernels/recorder.js'
import type { Parameter } from '../layers/parameter.js'
import type { ParameterGroup, ParameterStore, TrainedRange } from '../model/parameter-store.js'
import type { TensorData } from '../tensor/tensor.js'
import type { Turns } from './turns.js'

/** What a run has memory for. */
export interface TrainingMemoryOptions {
  /** The optimizer's memory. */
  readonly moments: readonly TensorData[]
  /** Whether gradients of several batches are added up. */
  readonly accumulates?: boolean
  /** Whether the parameters are averaged. */
  readonly averages?: boolean
  readonly groupOf?: ((parameter: Parameter) => ParameterGroup | undefined) | undefined
}

/** The slot of the gradients that are added up: needed between the batches of an update only. */
const accumulatedSlot = 'accumulated'

export class TrainingMemory {
  /** What is trained. */
  readonly ranges: readonly TrainedRange[]
  /** All that is of the parameters' layout, by the plan's slots. */
  readonly slots: ReadonlyMap<string, TensorData>
  /** The running average of the parameters; it begins at what they are now. */
  readonly average: TensorData | undefined
  readonly #store: ParameterStore
  /** What is this run's alone. */
  readonly #own: readonly TensorData[]
  readonly #lock: Lock
  /** Whether the model holds the average, and `average` what is trained. */
  #swapped = false
  #ended = false

  constructor(
    { store, lock }: { readonly store: ParameterStore; readonly lock: Lock },
    { moments, accumulates = false, averages = false, groupOf }: TrainingMemoryOptions,
  ) {
    const [accumulated] = store.makeState(accumulates ? 1 : 0)
    const [average] = store.makeState(averages ? 1 : 0)
    average?.set(store.values)
    this.average = average
    this.ranges = store.trainedRanges(moments, { accumulated, average }, groupOf)
    this.slots = new Map([
      ...moments.map((view, i) => [`moments${i}`, view] as const),
      ...(accumulated === undefined ? [] : [[accumulatedSlot, accumulated] as const]),
      ...(average === undefined ? [] : [['average', average] as const]),
    ])
    this.#own = [accumulated, average].filter((view) => view !== undefined)
    this.#store = store
    this.#lock = lock
  }

  get regions(): readonly Region[] {
    return [...this.slots].map(([slot, view]) => ({ slot, view }))
  }

  /** The parameters that steps train. */
  get trained(): TensorData {
    return this.#swapped ? (this.average as TensorData) : this.#store.values
  }

  /** The parameters that validation measures and that the model ends with: their average, where there is one. */
  get measured(): TensorData {
    return this.#swapped ? this.#store.values : (this.average ?? this.#store.values)
  }

  /** Copies of all but the parameters; `midUpdate`: whether there are batches since the last update. */
  copy(midUpdate: boolean): ReadonlyMap<string, TensorData> {
    const needed = [...this.slots].filter(([slot]) => midUpdate || slot !== accumulatedSlot)
    return new Map(needed.map(([slot, view]) => [slot, (slot === 'average' ? this.measured : view).slice()]))
  }

  /** Goes back to what `copy` answered. */
  restore(state: ReadonlyMap<string, TensorData>): void {
    for (const [slot, view] of this.slots) {
      const saved = state.get(slot)
      if (slot === 'average') this.measured.set(saved as TensorData)
      else if (saved === undefined) view.fill(0)
      else view.set(saved)
    }
  }

  /**
   * Runs `work`, between two steps, while the model holds the average, where there is one. It changes in turns, so that
   * nobody who evaluates it meanwhile measures two models.
   */
  async withAverage<T>(turns: Turns, work: () => Promise<T>): Promise<T> {
    if (this.average === undefined) return await work()
    const swap = (): Promise<void> => turns.take(async () => this.#swap())
    await swap()
    try {
      return await work()
    } finally {
      await swap()
    }
  }

  /** Ends the run: from now on the model holds the average. Nothing the second time. */
  keepAverage(): void {
    if (!this.#ended) withLock(this.#lock, () => this.#store.values.set(this.measured))
    this.#ended = true
  }

  /** Gives back what is this run's alone, after `keepAverage`: the end of its use. */
  release(): void {
    this.#store.releaseState(this.#own)
  }

  #swap(): void {
    const { average } = this
    if (average === undefined) return
    withLock(this.#lock, () => {
      const held = this.#store.values.slice()
      this.#store.values.set(average)
      average.set(held)
    })
    this.#swapped = !this.#swapped
  }
}
