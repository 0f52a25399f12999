// Parameter groups: as two optimizers by hand, each on its own parameters.

import { describe, expect, it } from 'vitest'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { AdamW } from '../../src/optim/adamw.js'
import type { Optimizer } from '../../src/optim/optimizer.js'
import { SGD } from '../../src/optim/sgd.js'
import { exponential } from '../../src/schedules/exponential.js'
import { Sequential } from '../../src/sequential.js'
import type { FitOptions } from '../../src/train/options.js'
import { trainingBackends, weightBits } from '../model/models.js'
import { toyData } from '../model/toy-graph.js'
import { eachBatch } from './by-hand-batches.js'

const data = toyData(30, 12, 4)
const plain = { epochs: 2, batchSize: 8, shuffle: false, loss: crossEntropy() }
/** By rate and decay; a factor of a power of two is exact wherever it is multiplied in. */
const optimizers: readonly (readonly [string, (factor: number, weightDecay: number) => Optimizer])[] = [
  ['SGD', (factor, weightDecay) => new SGD({ lr: 0.5 * factor, weightDecay, momentum: 0.9 })],
  ['Adam', (factor, weightDecay) => new Adam({ lr: 0.01 * factor, weightDecay })],
  ['AdamW', (factor, weightDecay) => new AdamW({ lr: 0.01 * factor, weightDecay })],
  [
    'SGD with a schedule',
    (factor, weightDecay) => new SGD({ lr: exponential({ from: 0.5 * factor, gamma: 0.75 }), weightDecay }),
  ],
]

describe.each(trainingBackends())('%s', (_, backend) => {
  const make = () => {
    const layers = [new Linear(12, 10), new ReLU(), new Linear(10), new ReLU(), new Linear(4)]
    return { layers, model: new Sequential(layers, { seed: 1, backend }) }
  }

  it.each(optimizers)('%s', async (_name, optimizer) => {
    const [planned, hand] = [make(), make()]
    const [first, , second] = planned.layers as [Linear, ReLU, Linear]
    await planned.model.fit(data, {
      ...plain,
      optimizer: optimizer(1, 0.1),
      groups: [
        { layers: [first], lrFactor: 0.25, weightDecay: false },
        { layers: second, lrFactor: 2 },
      ],
    })
    hand.model.forward(data.x)
    const each = [optimizer(0.25, 0), optimizer(2, 0.1), optimizer(1, 0.1)]
    const states = new Map(
      hand.model.parameters.map((parameter) => [
        parameter,
        Array.from({ length: optimizer(1, 0).stateCount }, () => {
          const state = backend.kernels.empty(parameter.shape)
          state.data.fill(0)
          return state
        }),
      ]),
    )
    for (let epoch = 0; epoch < 2; epoch++) {
      eachBatch(hand.model, data, 8, crossEntropy(), () => {
        each.forEach((one, i) => {
          const values: Record<string, number> = {}
          one.setStepValues(one.steps + 1, (name, value) => {
            values[name] = value
          })
          for (const parameter of (hand.layers[2 * i] as Linear).parameters) {
            const { value, gradient, decay } = parameter
            one.apply(backend.kernels, { value, gradient, decay, state: states.get(parameter) ?? [] }, values)
          }
          one.advance(1)
        })
      })
    }
    expect(weightBits(planned.model)).toBe(weightBits(hand.model))
  })

  it('groups of the optimizer itself change no bit, also among frozen layers, clipping and accumulation', async () => {
    const train = async (grouped: boolean) => {
      const { layers, model } = make()
      layers[0]?.freeze()
      const [, , second] = layers as [Linear, ReLU, Linear]
      const groups = grouped ? [{ layers: [second], lrFactor: 1, weightDecay: true }] : []
      await model.fit(data, { ...plain, optimizer: new AdamW(), accumulate: 2, clipValue: 0.01, groups })
      return weightBits(model)
    }
    expect(await train(true)).toBe(await train(false))
  })

  it("l2 does not ask for a group's weightDecay", async () => {
    const train = async (weightDecay: boolean) => {
      const { layers, model } = make()
      const groups = [{ layers: layers[0] as Linear, weightDecay }]
      await model.fit(data, { ...plain, optimizer: new SGD({ lr: 0.1 }), l2: 0.1, groups })
      return weightBits(model)
    }
    expect(await train(false)).toBe(await train(true))
  })
})

describe('refuses', () => {
  const layers = [new Linear(12, 4)]
  const model = new Sequential(layers)
  const [own] = layers as [Linear]
  const other = new Linear(3)
  it.each([
    [{ layers: own }, /fit: groups is an Object, expected a list such as/],
    [[{ layers: [] }], /fit: groups\[0\]: layers is \[\], expected a layer or a list of layers/],
    [[{ layers: ['0'] }], /fit: groups\[0\]: layers is \["0"\]/],
    [[{ layers: own, lr: 0.1 }], /fit: groups\[0\]: unknown option 'lr', expected layers, lrFactor, weightDecay/],
    [[{ layers: own, lrFactor: 0 }], /fit: groups\[0\]: lrFactor is 0, expected a finite number above 0/],
    [[{ layers: own, weightDecay: 0.1 }], /fit: groups\[0\]: weightDecay is 0.1, expected true or false/],
    [[{ layers: own }, { layers: own }], /fit: groups\[1\]: Linear\(.*\) is in a group already/],
    [[{ layers: other }], /fit: groups\[0\]: Linear\(.*\) is none of this model's layers/],
  ])('%#', async (groups, message) => {
    const options = { ...plain, optimizer: new SGD(), groups } as unknown as FitOptions
    await expect(model.fit(data, options)).rejects.toThrow(message)
  })
})
