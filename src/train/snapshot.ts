// Everything that the next step of a run depends on, as copies.

import { withLock } from '../kernels/backend.js'
import type { Sealed } from '../model/network.js'
import type { TensorData } from '../tensor/tensor.js'
import type { Totals } from './data-steps.js'
import type { EpochLogs } from './history.js'

/** The model's parameters and running statistics, in its own layout. */
export interface Weights {
  readonly parameters: TensorData
  readonly buffers: TensorData
}

/** Where a run stands, in numbers. */
export interface Position {
  /** Of the run, from 0. */
  epoch: number
  /** Samples of the epoch before the next step. */
  cursor: number
  /** What the epoch's steps have measured. */
  totals: Totals
  /** Whole epochs and steps of the model, this run's included. */
  modelEpochs: number
  modelSteps: number
  optimizerSteps: number
  /** Of these, the steps of this run. */
  runSteps: number
  lrFactor: number
}

export interface Snapshot {
  readonly position: Position
  readonly weights: Weights
  /** The optimizer's memory, and what else training keeps of the parameters' size, by the plan's slots. */
  readonly state: ReadonlyMap<string, TensorData>
  /** The epochs so far. */
  readonly history: readonly EpochLogs[]
}

export const readWeights = ({ store }: Sealed): Weights => ({
  parameters: store.values.slice(),
  buffers: store.buffers.slice(),
})

/** Copies `weights` into the model, between two steps. */
export function writeWeights({ store, lock }: Sealed, { parameters, buffers }: Weights): void {
  withLock(lock, () => {
    store.values.set(parameters)
    store.buffers.set(buffers)
  })
}
