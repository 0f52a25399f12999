// Graphs train, and their gradients are right.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Kernels } from '../../src/kernels/kernels.js'
import { native } from '../../src/kernels/native/index.js'
import { reference } from '../../src/kernels/reference/backend.js'
import { Add } from '../../src/layers/add.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Concat } from '../../src/layers/concat.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { ElementwiseLayer } from '../../src/layers/elementwise-layer.js'
import { zeros } from '../../src/layers/initialisers.js'
import { Linear } from '../../src/layers/linear.js'
import { ReLU } from '../../src/layers/relu.js'
import { Flatten } from '../../src/layers/reshape.js'
import { Tanh } from '../../src/layers/tanh.js'
import { input } from '../../src/layers/value.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import { mse } from '../../src/losses/squared-error.js'
import { checkGradients } from '../../src/model/check-gradients.js'
import { Model } from '../../src/model.js'
import { Adam } from '../../src/optim/adam.js'
import { Sequential } from '../../src/sequential.js'
import { ones } from '../../src/tensor/create.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { failure } from '../failure.js'
import { hasNative } from '../setup/backend.js'
import { graphNames, graphs } from './graphs.js'

const backend = hasNative ? native() : reference()

describe.each(graphNames)('%s', (name) => {
  const { make, dataset } = graphs[name]

  it('passes checkGradients, which leaves the model as it was', () => {
    const model = make({ seed: 2, backend })
    model.seal(dataset.sampleShapes)
    const before = model.params.map(({ data }) => Array.from(data))
    const batch = dataset.slice(0, 6)
    const report = checkGradients(model, { x: batch.inputs, y: batch.y, loss: crossEntropy() })
    expect(report.ok, String(report)).toBe(true)
    expect(report.parameters.map(({ name: parameter }) => parameter)).toHaveLength(model.parameters.length)
    expect(model.params.map(({ data }) => Array.from(data))).toEqual(before)
  })

  it('learns', async () => {
    const model = make({ seed: 2, backend })
    const history = await model.fit(dataset, {
      epochs: 120,
      batchSize: 9,
      loss: crossEntropy(),
      optimizer: new Adam({ lr: 0.02 }),
    })
    expect(history.accuracy[0]).toBeLessThan(0.8)
    expect((await model.evaluate(dataset)).accuracy).toBeGreaterThan(0.85)
  })
})

it('checkGradients finds a wrong gradient and names the parameter', () => {
  const { make, dataset } = graphs['two inputs']
  const model = make({ seed: 2, backend })
  model.seal(dataset.sampleShapes)
  const [first] = model.parameters
  const loss = crossEntropy()
  const differentiate = loss.differentiate.bind(loss)
  loss.differentiate = (node, gradients) => {
    const gradient = differentiate(node, gradients)
    gradient.data[0] = (gradient.data[0] as number) * 1.01
    return gradient
  }
  const { x: _, ...batch } = { x: 0, y: dataset.y.slice(0, 4), loss }
  const report = checkGradients(model, { x: dataset.inputs.map((x) => x.slice(0, 4)), ...batch })
  expect(report.ok).toBe(false)
  expect(String(report)).toMatch(/0\.weight.*WRONG/)
  expect(inspect(report)).toBe(String(report))
  expect(first?.name).toBe('weight')
})

it('checkGradients takes no bend of a smooth loss for a kink: small gradients that are wrong are found', () => {
  class Wrong extends ElementwiseLayer {
    protected activate(kernels: Kernels, args: { y: Tensor; x: Tensor; n: number }): void {
      kernels.scale({ ...args, alpha: 1 })
    }
    protected derive(kernels: Kernels, { dx, dy, n }: { dx: Tensor; dy: Tensor; n: number }): void {
      kernels.scale({ y: dx, x: dy, n, alpha: 1.05 })
    }
  }
  const model = new Sequential([new Linear(3, 2), new Wrong()], { seed: 1, backend: reference({ dtype: 'float64' }) })
  const x = [
    [1, 2, 3],
    [4, -5, 6],
    [7, 8, -9],
  ]
  const y = model.predict(x)
  // Near the optimum a gradient is as small as the loss bends within a step.
  for (let i = 0; i < y.size; i++) y.data[i] = (y.data[i] as number) + 1e-5 * (i % 2 === 0 ? 1 : -1)
  const report = checkGradients(model, { x, y, loss: mse() })
  expect(report.parameters.map(({ kinks, ok }) => ({ kinks, ok }))).toEqual([
    { kinks: 0, ok: false },
    { kinks: 0, ok: false },
  ])
})

it('checkGradients lets kinks pass, on them and beside them', () => {
  for (const bias of [0, 3e-6, 9e-6]) {
    const model = new Sequential([new Linear(1, 1, { init: zeros(), biasInit: () => () => bias }), new ReLU()], {
      backend: reference({ dtype: 'float64' }),
    })
    const report = checkGradients(model, { x: [[1]], y: [[1]], loss: mse() })
    expect(
      report.parameters.map(({ kinks, ok }) => ({ kinks, ok })),
      `bias ${bias}`,
    ).toEqual([
      { kinks: 1, ok: true },
      { kinks: 1, ok: true },
    ])
  }
})

it('checkGradients says what is missing', () => {
  const model = new Sequential([new Linear(2, 2)], { backend })
  const check = (batch: object) => failure(() => checkGradients(model, batch as never))
  const [x, y] = [[[1, 2]], [[1, 2]]]
  expect(check({ x, y }).message).toMatch(/^checkGradients: loss is undefined, expected a loss such as/)
  expect(check({ x, y, loss: mse({ reduction: 'none' }) }).message).toMatch(
    /reduction of mse is 'none', expected 'mean'/,
  )
  expect(check(undefined as never).message).toBe('checkGradients: got undefined, expected { x, y, loss }')
})

it('a graph with 2^32 paths takes no longer than a chain of as many layers', () => {
  const x = input([2])
  let y = x
  for (let i = 0; i < 32; i++) y = new Add().apply(y, y)
  const model = new Model(x, new Linear(1).apply(y), { backend })
  expect(model.forward([[2 ** -32, 0]]).shape).toEqual([1, 1])
})

it('a convolution and its normalisation that stand at several places have the gradients of all', () => {
  const [conv, norm] = [new Conv2d(1, 1, 3, { padding: 1 }), new BatchNorm()]
  const x = input([1, 4, 4])
  const once = new Tanh().apply(norm.apply(conv.apply(x)))
  const twice = new Tanh().apply(norm.apply(conv.apply(once)))
  const model = new Model(x, new Linear(2).apply(new Flatten().apply(new Tanh().apply(conv.apply(twice)))), {
    seed: 1,
    backend,
  })
  const images = new Tensor(
    Float64Array.from({ length: 48 }, (_, i) => Math.sin(i * i)),
    [3, 1, 4, 4],
  )
  const report = checkGradients(model, { x: images, y: [0, 1, 0], loss: crossEntropy() })
  expect(report.ok, String(report)).toBe(true)
})

it('two dropouts of a model drop by choices of their own', () => {
  const x = input([64])
  const model = new Model(x, new Concat().apply(new Dropout().apply(x), new Dropout().apply(x)), { backend })
  const { data } = model.forward(ones([1, 64]))
  expect(data.slice(0, 64)).not.toEqual(data.slice(64))
})
