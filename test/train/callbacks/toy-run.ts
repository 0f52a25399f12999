// A small model and data to train it on, for tests of callbacks.
import {
  crossEntropy,
  type EpochLogs,
  type FitOptions,
  type History,
  Linear,
  ReLU,
  Sequential,
  SGD,
  type TrainingRun,
} from '../../../src/index.js'
import { reference } from '../../../src/kernels/reference/backend.js'
import { toyData } from '../../model/toy-graph.js'

export const { x, y } = toyData(60, 12, 4)

export const toyModel = (): Sequential =>
  new Sequential([new Linear(12, 8), new ReLU(), new Linear(4)], { seed: 1, backend: reference() })

/** Trains for two epochs of three steps. */
export const toyFit = (more: Partial<FitOptions> = {}, model = toyModel()): Promise<History> =>
  model.fit(x, y, { epochs: 2, batchSize: 20, optimizer: new SGD({ lr: 0.1 }), loss: crossEntropy(), ...more })

/** What callbacks see of a run, as far as logs look at it. */
export const runAt = (epoch: number, model = toyModel()): TrainingRun =>
  ({ model, epoch, steps: 0 }) as unknown as TrainingRun

/** An epoch's figures with this loss. */
export const logs = (loss: number, more: Partial<EpochLogs> = {}): EpochLogs => ({
  loss,
  seconds: 2,
  samplesPerSecond: 30,
  lr: 0.1,
  ...more,
})
