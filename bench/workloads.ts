// The training workloads of the benchmarks: four networks, batch 100, real MNIST.

import type { Dataset } from '../src/data/dataset.js'
import { mnist } from '../src/data/mnist.js'
import {
  deepConvNet,
  multiLayerPerceptron,
  type Source,
  simpleConvNet,
  twoLayerNet,
} from '../src/experiments/networks.js'
import type { Backend } from '../src/kernels/backend.js'
import { Adam } from '../src/optim/adam.js'
import type { Optimizer } from '../src/optim/optimizer.js'
import { SGD } from '../src/optim/sgd.js'
import type { Sequential } from '../src/sequential.js'
import type { Shape } from '../src/tensor/shape.js'
import { type TrainingPlan, trainingPlan } from '../test/train/training-plan.js'

/** Samples of one step. */
export const batch = 100
const seed = 1

/** What a step must compute and move at least. */
export interface Work {
  /** Floating-point operations of the matrix products: forward and both gradients, none for the data's. */
  readonly flops: number
  /** Memory that the optimizer reads and writes. */
  readonly optimizerBytes: number
  /** Size of the arrays that it passes over. */
  readonly optimizerSpan: number
}

export interface Workload {
  readonly name: string
  readonly sampleShape: Shape
  model(backend: Backend): Sequential
  optimizer(): Optimizer
}

const digits: Shape = [784]
const images: Shape = [1, 28, 28]
const sgd = (): Optimizer => new SGD({ lr: 0.1 })
const adam = (): Optimizer => new Adam({ lr: 1e-3 })

const workload = (
  name: string,
  sampleShape: Shape,
  build: (source: Source) => Sequential,
  optimizer: () => Optimizer,
): Workload => ({
  name,
  sampleShape,
  optimizer,
  model: (backend) => {
    const model = build({ seed, backend })
    model.seal([sampleShape])
    return model
  },
})

export const workloads: readonly Workload[] = [
  workload('mlp50', digits, (source) => multiLayerPerceptron(source, twoLayerNet), sgd),
  workload('mlp512', digits, (source) => multiLayerPerceptron(source, { hidden: [512, 512] }), adam),
  workload('simpleconv', images, simpleConvNet, adam),
  workload('deepconv', images, deepConvNet, adam),
]

export function workOf(model: Sequential, optimizer: Optimizer): Work {
  const products = model
    .requireSealed()
    .graph.places.map(({ node: { layer, inputs } }) => layer.multiplyAdds(inputs.map(({ shape }) => shape)))
  const forward = products.reduce((sum, count) => sum + count, 0)
  const first = products.find((count) => count > 0) ?? 0
  const parameters = model.params.reduce((sum, { size }) => sum + size, 0)
  const arrays = 2 + optimizer.stateCount
  return {
    flops: 2 * batch * (3 * forward - first),
    // Parameters and state are read and written, gradients read.
    optimizerBytes: 4 * parameters * (2 * arrays - 1),
    optimizerSpan: 4 * parameters * arrays,
  }
}

/** A new model's training step on `dataset`, as a bare plan. */
export function planOf(workload: Workload, dataset: Dataset, backend: Backend): TrainingPlan {
  return trainingPlan(workload.model(backend), dataset, batch, backend, workload.optimizer())
}

/** The training digits as `workload` takes them. */
export async function digitsFor({ sampleShape }: Workload): Promise<Dataset> {
  const { train } = await mnist({ flatten: sampleShape.length === 1 })
  return train
}
