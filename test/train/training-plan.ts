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

export interface TrainingPlan {
  readonly plan: Plan
  readonly table: Float64Array
  /** Steps in the table: one epoch, in order. */
  readonly steps: number
  readonly losses: TensorData
}

export function trainingPlan(
  model: TrainableNetwork,
  dataset: Dataset,
  batchSize: number,
  backend: Backend = model.backend,
  optimizer: Optimizer = new SGD({ lr: 0.1 }),
): TrainingPlan {
  const sealed = model.seal(dataset.sampleShapes)
  const { graph, store, regions } = sealed
  const moments = store.makeState(optimizer.stateCount)
  const momentSlots = moments.map((view, i) => ({ slot: `moments${i}`, view }))
  const recording = recordTrainingStep(
    graph,
    dataSpec(dataset),
    { loss: crossEntropy(), l2: 0, ranges: store.ranges(moments) },
    optimizer,
    model.seed,
    backend.real,
    [...regions, ...momentSlots],
  )
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
    ...Object.fromEntries(momentSlots.map(({ slot, view }) => [slot, view])),
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
      at: step,
      step,
      ringLength: steps,
    }
    optimizer.setStepValues(step + 1, (name, value) => {
      row[name] = value
    })
    columns.forEach((column, i) => {
      table[step * columns.length + i] = row[column] as number
    })
  }
  return { plan, table, steps, losses }
}
