// Curves of training that several experiments show: accuracy after each epoch, loss over steps.

import type { Dataset } from '../data/dataset.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { TrainableNetwork } from '../model.js'
import type { Optimizer } from '../optim/optimizer.js'
import type { Callback } from '../train/callback.js'
import type { Lab } from './experiment.js'

export interface Training {
  readonly train: Dataset
  readonly optimizer: Optimizer
  readonly batchSize: number
  /** L2 weight decay; default 0. */
  readonly l2?: number
}

export interface AccuracyTraining extends Training {
  /** What the training accuracy is measured on; default: all of `train`. */
  readonly trainPart?: Dataset
  /** Measured as well; without it only the training accuracy is. */
  readonly test?: Dataset
  readonly epochs: number
  /** Measures after every so many epochs and after the last. Default 1. */
  readonly every?: number
  readonly callbacks?: readonly Callback[]
}

/** Accuracies; NaN from where training has diverged. */
export interface AccuracyCurves {
  /** After how many epochs they were measured. */
  readonly epochs: readonly number[]
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/**
 * Trains, and measures accuracy between epochs as the book does: in evaluation mode, where dropout drops nothing. (The
 * accuracy of `fit` is that of the batches, as they were trained.)
 */
export async function accuracyCurves(
  lab: Lab,
  model: TrainableNetwork,
  { train, trainPart = train, test, epochs, every = 1, batchSize, optimizer, l2 = 0, callbacks = [] }: AccuracyTraining,
): Promise<AccuracyCurves> {
  const at = Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => epoch % every === 0 || epoch === epochs)
  const curves = {
    epochs: at,
    train: at.map(() => Number.NaN),
    test: test === undefined ? [] : at.map(() => Number.NaN),
  }
  const accuracy = async (data: Dataset) => (await model.evaluate(data, { batchSize: 1000 })).accuracy as number
  const measure: Callback = {
    onEpochEnd: async (epoch) => {
      const point = at.indexOf(epoch + 1)
      if (point < 0) return
      curves.train[point] = await accuracy(trainPart)
      if (test !== undefined) curves.test[point] = await accuracy(test)
    },
  }
  const options = { loss: crossEntropy(), optimizer, epochs, batchSize, l2, signal: lab.signal }
  await untilDiverged(() => model.fit(train, { ...options, callbacks: [measure, ...callbacks] }))
  lab.signal.throwIfAborted()
  return curves
}

/** Training that diverges ends; the model stays as its last finite step left it. */
async function untilDiverged(train: () => Promise<unknown>): Promise<void> {
  try {
    await train()
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ERR_NOT_FINITE') throw error
  }
}

export interface LossCurve {
  /** Steps made. */
  readonly steps: readonly number[]
  /** Mean loss of the batches since the point before. */
  readonly loss: readonly number[]
}

const stepsPerPoint = 20

/**
 * Trains for `iterations` steps, and takes the mean loss of every 20. The digits come in random order, so that stretches
 * of them, one after the other, are random samples.
 */
export async function lossCurve(
  lab: Lab,
  model: TrainableNetwork,
  { train, optimizer, batchSize, l2 = 0, iterations }: Training & { readonly iterations: number },
): Promise<LossCurve> {
  const curve = { steps: [] as number[], loss: [] as number[] }
  const stretch = stepsPerPoint * batchSize
  const stretches = Math.floor(train.length / stretch)
  for (let point = 0; point < iterations / stepsPerPoint; point++) {
    const start = (point % stretches) * stretch
    const part = train.slice(start, start + stretch)
    const { loss } = await model.fit(part, { loss: crossEntropy(), optimizer, batchSize, l2, signal: lab.signal })
    lab.signal.throwIfAborted()
    curve.steps.push((point + 1) * stepsPerPoint)
    curve.loss.push(loss[0] as number)
  }
  return curve
}

/** The mean of the last `count` points, which differ less from run to run than one. */
export const tailMean = (curve: readonly number[], count: number): number =>
  curve.slice(-count).reduce((sum, value) => sum + value, 0) / Math.min(count, curve.length)

/** An accuracy as tables show it: four digits, or that there is none. */
export const accuracyText = (accuracy: number): string => (Number.isNaN(accuracy) ? 'diverged' : accuracy.toFixed(4))
