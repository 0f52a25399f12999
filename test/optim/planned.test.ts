// Every optimizer in a plan against the same training by hand, to the bit.

import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { Linear } from '../../src/layers/linear.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { Adagrad } from '../../src/optim/adagrad.js'
import { AdamW } from '../../src/optim/adamw.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import { RMSprop } from '../../src/optim/rmsprop.js'
import { SGD } from '../../src/optim/sgd.js'
import { cosine } from '../../src/schedules/cosine.js'
import { oneCycle } from '../../src/schedules/one-cycle.js'
import { step } from '../../src/schedules/step.js'
import { warmUp } from '../../src/schedules/warm-up.js'
import { Sequential } from '../../src/sequential.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData, toyModel } from '../model/toy-graph.js'
import { trainByHand } from '../model/train-by-hand.js'

const { x, y } = toyData(37)
const optimizers: readonly (readonly [string, () => Optimizer])[] = [
  ['SGD with momentum', () => new SGD({ momentum: 0.9, weightDecay: 0.01 })],
  ['SGD with Nesterov', () => new SGD({ momentum: 0.9, nesterov: true })],
  ['Adagrad', () => new Adagrad({ weightDecay: 0.01 })],
  ['RMSprop', () => new RMSprop()],
  ['AdamW', () => new AdamW()],
]
const cycle = { from: 0.95, max: 0.85, to: 0.95 }
/** With a schedule wherever there may be one; those that end with the run as `fit` sees it. */
const scheduled: readonly (readonly [string, (steps?: { readonly steps: number }) => Optimizer])[] = [
  [
    'SGD with one-cycle',
    (steps) => new SGD({ lr: oneCycle({ max: 0.1, ...steps }), momentum: oneCycle({ ...cycle, ...steps }) }),
  ],
  ['Adagrad with steps', () => new Adagrad({ lr: step({ from: 0.1, every: 3 }) })],
  ['RMSprop with warm-up', (steps) => new RMSprop({ lr: warmUp(3, cosine({ from: 0.01, ...steps })) })],
  [
    'AdamW with one-cycle',
    (steps) => new AdamW({ lr: oneCycle({ max: 0.1, ...steps }), betas: [oneCycle({ ...cycle, ...steps }), 0.99] }),
  ],
]

describe.each(trainingBackends())('%s', (_, backend) => {
  it.each([...optimizers, ...scheduled])('%s', async (_name, make) => {
    const options = (epochs: number, optimizer: Optimizer) => ({
      epochs,
      batchSize: 8,
      loss: crossEntropy(),
      optimizer,
    })
    const planned = toyModel({ seed: 3, backend })
    const optimizer = make()
    const before = weightBits(planned)
    await planned.fit(x, y, options(2, optimizer))
    const byHand = toyModel({ seed: 3, backend })
    trainByHand(byHand, new Dataset(x, y), options(2, make()))
    expect(weightBits(planned)).toBe(weightBits(byHand))
    expect(weightBits(planned)).not.toBe(before)
    expect(optimizer.steps).toBe(10)
  })
})

describe('by hand and in fit', () => {
  const loss = mse()
  const [inputs, targets] = [[[1, -2]], [[1000]]]
  const make = () => new Sequential([new Linear(2, 1)], { seed: 3 })
  const plannedStep = (model: Sequential, optimizer: Optimizer) =>
    model.fit({ x: inputs, y: targets }, { loss, optimizer, batchSize: 1 })
  const step = (model: Sequential, optimizer: Optimizer): void => {
    loss.forward(model.forward(inputs), targets)
    model.backward(loss.backward())
    optimizer.update(model.parameters)
  }
  const withSteps = scheduled.map(([name, make]) => [name, () => make({ steps: 4 })] as const)
  it.each([...optimizers, ...withSteps])('%s remembers the same', async (_name, makeOptimizer) => {
    const [one, other] = [make(), make()]
    const [ofOne, ofOther] = [makeOptimizer(), makeOptimizer()]
    for (let i = 0; i < 4; i++) step(one, ofOne)
    step(other, ofOther)
    await plannedStep(other, ofOther)
    step(other, ofOther)
    await plannedStep(other, ofOther)
    expect(weightBits(other)).toBe(weightBits(one))
  })
})

it('an optimizer is free for another model where fit refused its data', async () => {
  const optimizer = new SGD({ lr: 0.1 })
  const options = { loss: mse(), optimizer }
  const data = { x: [[1, 2]], y: [[1]] }
  const refused = new Sequential([new Linear(2, 1)]).fit(data, { ...options, validationData: { x: [[1]], y: [[1]] } })
  await expect(refused).rejects.toThrow(/^validationData: /)
  await expect(new Sequential([new Linear(2, 1)]).fit(data, options)).resolves.toHaveProperty('epochs', 1)
})
