// What a call of fit trains: the model and the data, the memory that a run has besides, and the step, recorded.

import { netwrightError } from '../errors.js'
import type { Backend } from '../kernels/backend.js'
import type { Layer } from '../layers/layer.js'
import type { Meter } from '../metrics/meter.js'
import { Augmentation } from '../model/augment.js'
import { augmentSettings } from '../model/augment-options.js'
import { learns } from '../model/graph.js'
import type { Sealed } from '../model/network.js'
import { recordTrainingStep } from '../model/step.js'
import type { TensorData } from '../tensor/tensor.js'
import type { SavableNetwork } from './callback.js'
import { dataSpec } from './check-data.js'
import type { DataParts } from './data-parts.js'
import { DataSteps } from './data-steps.js'
import { groupsOf } from './groups.js'
import type { FitOptions } from './options.js'
import { TrainingMemory } from './training-memory.js'
import type { Turns } from './turns.js'

/** What a model remembers from one call of `fit` to the next. */
export interface TrainingState {
  /** Whole epochs so far: the order of samples follows from the seed and this. */
  epochs: number
  /** Steps so far: the random numbers of a step follow from the seed and this. */
  steps: number
  /** Shared with whoever else uses the model. */
  readonly turns: Turns
}

/** What is trained, and what on. */
export interface Subject {
  readonly network: SavableNetwork
  readonly sealed: Sealed
  readonly data: DataParts
  readonly validation: DataParts | undefined
  /** The optimizer's memory. */
  readonly moments: readonly TensorData[]
  readonly state: TrainingState
}

/** What this call trains, with memory for what it does besides. */
export function trainingMemory(
  { sealed, moments }: Subject,
  { accumulate = 1, ema, groups = [] }: FitOptions,
): TrainingMemory {
  const { layers } = sealed.graph
  requireLearning(layers)
  const groupOf = groupsOf(groups, layers)
  return new TrainingMemory(sealed, { moments, accumulates: accumulate > 1, averages: ema !== undefined, groupOf })
}

/** Throws ERR_STATE where training would change nothing. */
function requireLearning(layers: readonly Layer[]): void {
  if (layers.some(learns)) return
  const isFrozen = layers.some(({ parameters }) => parameters.length > 0)
  throw netwrightError(
    'ERR_STATE',
    isFrozen
      ? 'fit: all layers with parameters are frozen: unfreeze() one that is to learn'
      : 'fit: no layer of this model has parameters, such as those of Linear: there is nothing to learn',
  )
}

/** How samples are changed; undefined where they are not. Throws ERR_SHAPE where the data or the loss do not suit. */
export function augmentationOf(
  { network, sealed, data: { like } }: Subject,
  { augment, loss, seed = network.seed }: FitOptions,
): Augmentation | undefined {
  const settings = augment && augmentSettings('fit: augment', augment)
  if (settings === undefined) return undefined
  const augmentation = new Augmentation('fit: augment', settings, like, seed)
  if (augmentation.mixes && like.targets === 'labels') {
    augmentation.checkLoss('fit: augment', loss, sealed.graph.output.shape)
  }
  return augmentation
}

/** The training step of the network, recorded, over the data. */
export function trainingSteps(
  { network, sealed, data }: Subject,
  backend: Backend,
  options: FitOptions & { readonly augmentation: Augmentation | undefined },
  memory: TrainingMemory,
  meter: Meter | undefined,
  batchSize: number,
): DataSteps {
  const { loss, optimizer, l2 = 0, clipNorm, clipValue, augmentation } = options
  const { graph, store, regions } = sealed
  const recording = recordTrainingStep({
    graph,
    data: dataSpec(data.like),
    objective: { loss, l2, ranges: store.ranges(), meter },
    optimizer,
    trained: memory.ranges,
    seed: network.seed,
    real: backend.real,
    regions: [...regions, ...memory.regions],
    clipNorm,
    clipValue,
    augmentation,
  })
  const slots = { ...Object.fromEntries(memory.slots), ...meter?.slots }
  return new DataSteps(backend, sealed, recording, data, batchSize, slots)
}
