// A model's training step as a bare plan with its step table: what fit runs, open to tests.

import type { Dataset } from '../../src/data/dataset.js'
import { allocateArray, type Backend } from '../../src/kernels/backend.js'
import { Plan } from '../../src/kernels/plan.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { recordTrainingStep } from '../../src/model/step.js'
import type { TrainableNetwork } from '../../src/model.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import { SGD } from '../../src/optim/sgd.js'
import type { TensorData } from '../../src/tensor/tensor.js'
import { dataSlots, dataSpec } from '../../src/train/check-data.js'
import type { FitOptions } from '../../src/train/options.js'
import { TrainingMemory } from '../../src/train/training-memory.js'
import { Updates } from '../../src/train/updates.js'

export interface TrainingPlan {
  readonly plan: Plan
  readonly table: Float64Array
  /** Steps in the table: one epoch, in order. */
  readonly steps: number
  readonly losses: TensorData
  readonly memory: TrainingMemory
}

export function trainingPlan(
  model: TrainableNetwork,
  dataset: Dataset,
  batchSize: number,
  backend: Backend = model.backend,
  optimizer: Optimizer = new SGD({ lr: 0.1 }),
  options: Pick<FitOptions, 'accumulate' | 'ema' | 'clipNorm'> = {},
): TrainingPlan {
  const sealed = model.seal(dataset.sampleShapes)
  const { graph, store, regions } = sealed
  const { accumulate = 1, ema, clipNorm } = options
  const averages = ema !== undefined
  const moments = store.makeState(optimizer.stateCount)
  const memory = new TrainingMemory(sealed, { moments, accumulates: accumulate > 1, averages })
  const updates = new Updates({ length: dataset.length, batchSize, accumulate, ema, optimizer, lrFactors: [] })
  const recording = recordTrainingStep({
    graph,
    data: dataSpec(dataset),
    objective: { loss: crossEntropy(), l2: 0, ranges: store.ranges() },
    optimizer,
    trained: memory.ranges,
    seed: model.seed,
    real: backend.real,
    regions: [...regions, ...memory.regions],
    clipNorm,
  })
  const plan = new Plan(backend, recording, batchSize, sealed.lock)
  const steps = Math.ceil(dataset.length / batchSize)
  const order = allocateArray(backend, 'int32', dataset.length)
  order.forEach((_, i) => {
    order[i] = i
  })
  const losses = allocateArray(backend, 'float32', steps)
  plan.bind({
    parameters: store.values,
    gradients: store.gradients,
    buffers: store.buffers,
    ...Object.fromEntries(memory.slots),
    ...dataSlots(dataset),
    order,
    losses,
    correct: allocateArray(backend, 'float32', steps),
  })
  const { columns } = plan.program
  const table = new Float64Array(steps * columns.length)
  for (let step = 0; step < steps; step++) {
    const cursor = step * batchSize
    const row: Record<string, number> = {
      rows: Math.min(batchSize, dataset.length - cursor),
      cursor,
      samples: dataset.length,
      length: dataset.length,
      place: cursor,
      places: dataset.length,
      at: step,
      step,
      ringLength: steps,
    }
    const update = updates.after(step)
    const set = (name: string, value: number): void => {
      row[name] = value
    }
    updates.setStepValues(step, update + 1, set, { step: update, steps: updates.perEpoch }, 1)
    columns.forEach((column, i) => {
      table[step * columns.length + i] = row[column] as number
    })
  }
  return { plan, table, steps, losses, memory }
}
