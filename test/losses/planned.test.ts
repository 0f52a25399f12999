// Losses in a recorded step: the bits of the same step by hand, on every backend and ISA.

import { describe, expect, it } from 'vitest'
import { Linear } from '../../src/layers/linear.js'
import { Node, Pass } from '../../src/layers/node.js'
import { huber, mae } from '../../src/losses/absolute-error.js'
import { binaryCrossEntropy } from '../../src/losses/binary-cross-entropy.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { hinge } from '../../src/losses/hinge.js'
import { klDivergence } from '../../src/losses/kl-divergence.js'
import type { Loss } from '../../src/losses/loss.js'
import { nll } from '../../src/losses/nll.js'
import { halfSquaredError, mse } from '../../src/losses/squared-error.js'
import { SGD } from '../../src/optim/sgd.js'
import { Random } from '../../src/random/random.js'
import { Sequential } from '../../src/sequential.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'
import { trainingBackends, weightBits } from '../model/models.js'

const [samples, features, outputs, batchSize] = [23, 6, 4, 8]
const random = new Random(1)
const draw = (shape: readonly [number, number], low: number, high: number): Tensor =>
  new Tensor(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform(low, high)),
    shape,
  )
const x = draw([samples, features], -1, 1)
const labels = new Tensor(
  Int32Array.from({ length: samples }, (_, i) => (i * 7) % outputs),
  [samples],
)
const bits = new Tensor(
  Int32Array.from({ length: samples }, (_, i) => (i * 5) % 2),
  [samples],
)
const ignored = new Tensor(labels.data.map((label, i) => (i % 5 === 0 ? 255 : label)) as Int32Array, [samples])
const reals = draw([samples, outputs], 0.1, 0.9)
const signs = new Tensor(reals.data.map((value) => Math.sign(value - 0.5)) as Float32Array, reals.shape)

const cases: readonly [string, Loss, Tensor, number?][] = [
  ['crossEntropy, smoothed', crossEntropy({ labelSmoothing: 0.1 }), labels],
  ['crossEntropy, weighted and ignoring', crossEntropy({ classWeights: [1, 2, 0.5, 0], ignoreIndex: 255 }), ignored],
  ['crossEntropy, weighted sum', crossEntropy({ classWeights: [1, 2, 0.5, 3], reduction: 'sum' }), labels],
  ['nll', nll({ classWeights: [1, 2, 0.5, 0] }), labels],
  ['mse', mse(), reals],
  ['mse, sum', mse({ reduction: 'sum' }), reals],
  ['halfSquaredError', halfSquaredError(), reals],
  ['mae', mae(), reals],
  ['huber', huber({ delta: 0.2 }), reals],
  ['binaryCrossEntropy', binaryCrossEntropy(), reals],
  ['binaryCrossEntropy, labels', binaryCrossEntropy(), bits, 1],
  ['klDivergence', klDivergence(), reals],
  ['hinge', hinge(), signs],
  ['hinge, labels', hinge(), bits, 1],
]

describe.each(trainingBackends())('%s', (_, backend) => {
  const { kernels } = backend
  const model = (width = outputs) => new Sequential([new Linear(features, width)], { seed: 3, backend })

  it.each(cases)('%s', async (_, loss, y, width) => {
    const planned = model(width)
    const lr = 0.1
    await planned.fit(x, y, { loss, optimizer: new SGD({ lr }), epochs: 2, batchSize, shuffle: false })

    const byHand = model(width)
    for (let step = 0; step < 6; step++) {
      const start = (step % 3) * batchSize
      const output = byHand.forward(x.slice(start, start + batchSize))
      const node = new Node(new Pass(kernels, true), loss.name, [true])
      loss.compute(node, output, y.slice(start, start + batchSize))
      const [rows] = output.shape as [number]
      const gradients = kernels.empty([rows])
      kernels.fill({ y: gradients, n: rows, value: 1, divisor: loss.seedDivisor(rows) })
      byHand.backward(loss.differentiate(node, gradients))
      for (const { value, gradient } of byHand.parameters) {
        kernels.sgdStep({ parameters: value, gradients: gradient, n: value.size, lr })
      }
    }
    expect(weightBits(planned)).toBe(weightBits(byHand))
  })
  it('a weighted loss of one batch is reported as by hand', async () => {
    const loss = crossEntropy({ classWeights: [1, 2, 0.5, 3] })
    const expected = loss.forward(model().predict(x), labels)
    const { loss: reported } = await model().evaluate(x, labels, { loss, batchSize: samples })
    expect(reported).toBeCloseTo(expected, 5)
  })
  it('labels that a loss does not know are refused before training', async () => {
    const optimizer = new SGD()
    const failure = await failureOf(() => model(1).fit(x, labels, { loss: binaryCrossEntropy(), optimizer }))
    expect(failure).toEqual({ code: 'ERR_LABEL', message: expect.stringMatching(/from 0 to 1$/) })
    const wide = await failureOf(() => model().fit(x, labels, { loss: mse(), optimizer }))
    expect(wide).toEqual({ code: 'ERR_SHAPE', message: expect.stringMatching(/targets are labels.*crossEntropy/) })
  })
})
