// The experiments of the notes, in their order.

import { activations } from './activations.js'
import { apples } from './apples.js'
import { batchInference } from './batch-inference.js'
import { batchNorm } from './batch-norm.js'
import { deepConv } from './deep-conv.js'
import { dropout } from './dropout.js'
import type { Experiment } from './experiment.js'
import { floatPrecision } from './float-precision.js'
import { gradientCheck } from './gradient-check.js'
import { gradientDescentExperiment } from './gradient-descent.js'
import { hyperparameters } from './hyperparameters.js'
import { layerGraphs } from './layer-graphs.js'
import { nearestNeighbours } from './nearest-neighbours.js'
import { optimizerPaths } from './optimizer-paths.js'
import { overfitting } from './overfitting.js'
import { perceptron } from './perceptron.js'
import { simpleConv } from './simple-conv.js'
import { threeLayerNetwork } from './three-layer-network.js'
import { trainingTable } from './training-table.js'
import { weightInitialisation } from './weight-initialisation.js'
import { whyNotNumericalGradients } from './why-not-numerical-gradients.js'

export const experiments: readonly Experiment[] = [
  apples,
  layerGraphs,
  perceptron,
  threeLayerNetwork,
  batchInference,
  gradientDescentExperiment,
  gradientCheck,
  whyNotNumericalGradients,
  optimizerPaths,
  trainingTable,
  floatPrecision,
  activations,
  weightInitialisation,
  batchNorm,
  overfitting,
  dropout,
  hyperparameters,
  simpleConv,
  deepConv,
  nearestNeighbours,
]
