// The training workloads of the benchmarks.

import type { Dataset } from '../src/data/dataset.js'
import type { Backend } from '../src/kernels/backend.js'
import { constant, normal } from '../src/layers/initialisers.js'
import { Linear } from '../src/layers/linear.js'
import { ReLU } from '../src/layers/relu.js'
import { Sequential } from '../src/sequential.js'
import { type TrainingPlan, trainingPlan } from '../test/train/training-plan.js'

export interface Workload {
  readonly name: string
  /** Floating-point operations of one step's matrix products: forward and both gradients, none for the data's. */
  readonly flops: number
  /** A new model's training step on `dataset`, as a bare plan. */
  plan(dataset: Dataset, backend: Backend): TrainingPlan
}

const batch = 100
const init = { init: normal(0.01), biasInit: constant(0) }

export const workloads: readonly Workload[] = [
  {
    name: 'mlp50',
    flops: 2 * batch * (784 * 50 + 50 * 10) * 2 + 2 * batch * 50 * 10,
    plan: (dataset, backend) => {
      const layers = [new Linear(784, 50, init), new ReLU(), new Linear(50, 10, init)]
      return trainingPlan(new Sequential(layers, { seed: 1, backend }), dataset, batch)
    },
  },
]
