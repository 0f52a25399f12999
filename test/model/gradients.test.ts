// Gradient checks: every layer and loss against central differences, in float64 on the reference backend.

import { describe, expect, it } from 'vitest'
import { reference } from '../../src/kernels/reference/backend.js'
import { Add } from '../../src/layers/add.js'
import type { Layer } from '../../src/layers/layer.js'
import { Linear } from '../../src/layers/linear.js'
import { Node, Pass } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { crossEntropy } from '../../src/losses/cross-entropy.js'
import type { Loss } from '../../src/losses/loss.js'
import { Random } from '../../src/random/random.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { HostSquare, TwoOutputs, toyModel } from './toy-graph.js'

const backend = reference({ dtype: 'float64' })
const { kernels } = backend
const step = 1e-6

/** Numbers with |value| ≥ 0.1: a ReLU's kink stays out of reach of the difference. */
function samples(shape: readonly number[], seed: number): Tensor {
  const random = new Random(seed)
  const size = shape.reduce((a, b) => a * b, 1)
  const data = Float64Array.from({ length: size }, () => {
    const value = random.uniform(0.1, 1.5)
    return random.uniform() < 0.5 ? -value : value
  })
  return new Tensor(data, shape)
}

/** Largest difference, relative to 1 + |difference quotient|, between `gradient` and that of `f` at `at`. */
function worstDifference(f: () => number, at: Tensor, gradient: Tensor): number {
  let worst = 0
  at.data.forEach((value, i) => {
    at.data[i] = value + step
    const above = f()
    at.data[i] = value - step
    const below = f()
    at.data[i] = value
    const quotient = (above - below) / (2 * step)
    worst = Math.max(worst, Math.abs((gradient.data[i] as number) - quotient) / (1 + Math.abs(quotient)))
  })
  return worst
}

function dot(a: Tensor, b: Tensor): number {
  let sum = 0
  a.data.forEach((value, i) => {
    sum += value * (b.data[i] as number)
  })
  return sum
}

/** Checks inputs and parameters of `layer` on inputs of these shapes, through a weighted sum of its outputs. */
function checkLayer(layer: Layer, ...shapes: readonly (readonly number[])[]): void {
  const inputs = shapes.map((shape, i) => samples(shape, 10 + i))
  layer.ensureBuilt(
    shapes.map((shape) => shape.slice(1)),
    () => ({ real: 'float64', random: new Random(3) }),
  )
  const makeNode = (): Node =>
    new Node(
      new Pass(kernels, true),
      layer.kind,
      inputs.map(() => true),
    )
  const node = makeNode()
  const outputs = layer.compute(node, inputs)
  const weights = outputs.map(({ shape }, i) => samples(shape, 20 + i))
  const f = (): number =>
    layer.compute(makeNode(), inputs).reduce((sum, output, i) => sum + dot(output, weights[i] as Tensor), 0)
  const inputGradients = layer.differentiate(node, weights)
  inputs.forEach((input, i) => {
    expect(worstDifference(f, input, inputGradients[i] as Tensor), `${layer.kind}, input ${i}`).toBeLessThan(1e-8)
  })
  for (const { name, value, gradient } of layer.parameters) {
    expect(worstDifference(f, value, gradient), `${layer.kind}, ${name}`).toBeLessThan(1e-8)
  }
}

describe('layers', () => {
  it('Linear', () => checkLayer(new Linear(5, 4), [7, 5]))
  it('Linear without bias', () => checkLayer(new Linear(3, { bias: false }), [6, 5]))
  it('ReLU', () => checkLayer(new ReLU(), [4, 3, 5]))
  it('Sigmoid', () => checkLayer(new Sigmoid(), [4, 9]))
  it('Add', () => checkLayer(new Add(), [4, 3], [4, 3]))
  it('a layer in plain JavaScript', () => checkLayer(new HostSquare(), [3, 4]))
  it('a layer with two outputs', () => checkLayer(new TwoOutputs(), [3, 4]))
})

describe('losses', () => {
  const check = (loss: Loss, target: Tensor): void => {
    const prediction = samples([4, 5], 1)
    const gradients = samples([4], 2)
    const f = (): number =>
      dot(loss.compute(new Node(new Pass(kernels, true), '', [true]), prediction, target), gradients)
    const node = new Node(new Pass(kernels, true), '', [true])
    loss.compute(node, prediction, target)
    expect(worstDifference(f, prediction, loss.differentiate(node, gradients))).toBeLessThan(1e-8)
  }
  it('crossEntropy on labels', () => check(crossEntropy(), new Tensor(Int32Array.of(0, 4, 2, 2), [4])))
  it('crossEntropy on one-hot and soft rows', () => {
    const rows = Float64Array.from([1, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0, 1])
    check(crossEntropy(), new Tensor(rows, [4, 5]))
  })
})

describe('a graph', () => {
  it('with a shared layer, a residual addition, a host operation and an unused output', () => {
    const model = toyModel({ seed: 4, backend })
    const x = samples([5, 6], 7)
    const weights = samples([5, 3], 8)
    const f = (): number => dot(model.forward(x), weights)
    f()
    model.backward(weights)
    const gradients = model.grads.map(({ data, shape }) => new Tensor(data.slice(), shape))
    model.params.forEach((value, i) => {
      expect(worstDifference(f, value, gradients[i] as Tensor), `parameter ${i}`).toBeLessThan(1e-7)
    })
  })
})
