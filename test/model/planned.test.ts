// Recorded training against the same training by hand, to the bit, on every backend and ISA.

import { describe, expect, it } from 'vitest'
import { Dataset } from '../../src/data/dataset.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { Adam } from '../../src/optim/adam.js'
import { SGD } from '../../src/optim/sgd.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { graphNames, graphs } from './graphs.js'
import { bufferBits, trainingBackends, weightBits } from './models.js'
import { toyClasses, toyData, toyModel } from './toy-graph.js'
import { trainByHand } from './train-by-hand.js'

const samples = 37 // with batches of 8, the last one has 5
const batchSize = 8
const { x, y } = toyData(samples)

describe.each(trainingBackends())('%s', (_, backend) => {
  const fitOptions = () => ({
    epochs: 2,
    batchSize,
    optimizer: new SGD({ lr: 0.1, weightDecay: 0.01 }),
    loss: crossEntropy(),
  })

  it('planned training of a graph gives the bits of training by hand', async () => {
    const planned = toyModel({ seed: 3, backend })
    await planned.fit(x, y, fitOptions())
    const byHand = toyModel({ seed: 3, backend })
    trainByHand(byHand, new Dataset(x, y), fitOptions())
    expect(weightBits(planned)).toBe(weightBits(byHand))
  })

  it.each(graphNames)(
    '%s: planned training gives the bits of training by hand, running statistics too',
    async (name) => {
      const { make, dataset } = graphs[name]
      const options = () => ({
        epochs: 2,
        batchSize: 7,
        loss: crossEntropy(),
        optimizer: new Adam({ lr: 0.01 }),
        l2: 0.01,
      })
      const planned = make({ seed: 3, backend })
      await planned.fit(dataset, options())
      const byHand = make({ seed: 3, backend })
      trainByHand(byHand, dataset, options())
      expect(weightBits(planned)).toBe(weightBits(byHand))
      expect(bufferBits(planned)).toBe(bufferBits(byHand))
    },
  )

  it('the same seed gives the same bits, another seed others', async () => {
    const train = async (seed: number): Promise<string> => {
      const model = toyModel({ seed, backend })
      await model.fit(x, y, fitOptions())
      return weightBits(model)
    }
    expect(await train(1)).toBe(await train(1))
    expect(await train(1)).not.toBe(await train(2))
  })

  it("a row's prediction does not depend on the batch it comes in", () => {
    const model = new Sequential([new Linear(33, 20), new ReLU(), new Linear(20, 7)], { seed: 1, backend })
    const { x: rows } = toyData(300, 33)
    const together = model.predict(rows)
    for (const [start, end] of [
      [0, 1],
      [1, 4],
      [17, 40],
      [255, 300],
    ] as const) {
      expect(model.predict(rows.slice(start, end)).toArray()).toEqual(together.slice(start, end).toArray())
    }
    expect(model.predict(rows.slice(5, 6).reshape(33)).toArray()).toEqual(together.slice(5, 6).reshape(7).toArray())
  })

  it('evaluation does not depend on the batch size beyond rounding, and equals counting predictions', async () => {
    const model = toyModel({ seed: 6, backend })
    await model.fit(x, y, fitOptions())
    const results = await Promise.all([1, 5, 37, 500].map((size) => model.evaluate(x, y, { batchSize: size })))
    const predicted = model.predict(x).argMax(1)
    const correct = [...predicted.data].filter((label, i) => label === y.data[i]).length
    for (const { loss, accuracy } of results) {
      expect(accuracy).toBe(correct / samples)
      expect(loss).toBeCloseTo(results[0]?.loss as number, 5)
    }
  })

  it('trains on one-hot rows as on labels', async () => {
    const rows = new Float32Array(samples * toyClasses)
    y.data.forEach((label, i) => {
      rows[i * toyClasses + label] = 1
    })
    const onLabels = toyModel({ seed: 3, backend })
    const onRows = toyModel({ seed: 3, backend })
    const a = await onLabels.fit(x, y, fitOptions())
    const b = await onRows.fit(x, new Tensor(rows, [samples, toyClasses]), fitOptions())
    expect(b.accuracy).toEqual(a.accuracy)
    expect(b.loss[1]).toBeCloseTo(a.loss[1] as number, 5)
  })
})
