// Recorded training against the same training by hand, to the bit, on every backend and ISA.

import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/kernels/backend.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import type { TrainableNetwork } from '../../src/model.js'
import { SGD } from '../../src/optim/sgd.js'
import { permutation } from '../../src/random/permutation.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { trainingBackends, weightBits } from './models.js'
import { toyClasses, toyData, toyFeatures, toyModel } from './toy-graph.js'

const samples = 37 // with batches of 8, the last one has 5
const batchSize = 8
const { x, y } = toyData(samples)

/** Two epochs by hand: gather, forward, backward and update, each called here. */
function trainByHand(model: TrainableNetwork, { kernels }: Backend, seed: number): void {
  for (let epoch = 0; epoch < 2; epoch++) {
    const order = new Tensor(permutation(samples, seed, epoch), [samples])
    for (let cursor = 0; cursor < samples; cursor += batchSize) {
      const rows = Math.min(batchSize, samples - cursor)
      const batch = kernels.empty([rows, toyFeatures])
      const labels = kernels.empty([rows], 'int32')
      const position = { order, rows, samples, length: samples, cursor }
      kernels.gatherReals({ y: batch, data: x, cols: toyFeatures, ...position })
      kernels.gatherLabels({ y: labels, data: y, ...position })
      const logits = model.forward(batch)
      const probabilities = kernels.empty(logits.shape)
      const losses = kernels.empty([rows])
      const shared = { logits, labels, rows, classes: toyClasses }
      kernels.softmaxCrossEntropyForward({ losses, probabilities, ...shared })
      const dlosses = kernels.empty([rows])
      kernels.fill({ y: dlosses, n: rows, value: 1, divisor: rows })
      const dlogits = kernels.empty(logits.shape)
      kernels.softmaxCrossEntropyBackward({ dlogits, dlosses, probabilities, labels, rows, classes: toyClasses })
      model.backward(dlogits)
      for (const { value, gradient, decay } of model.parameters) {
        const weightDecay = decay ? 0.01 : 0
        kernels.sgdStep({ parameters: value, gradients: gradient, n: value.size, lr: 0.1, weightDecay })
      }
    }
  }
}

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
    trainByHand(byHand, backend, 3)
    expect(weightBits(planned)).toBe(weightBits(byHand))
  })

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
