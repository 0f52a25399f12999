// Gradient checks: every layer and loss against central differences, in float64 on the reference backend.

import { describe, expect, it } from 'vitest'
import { reference } from '../../src/kernels/reference/backend.js'
import { Add } from '../../src/layers/add.js'
import { AvgPool2d, GlobalAvgPool2d } from '../../src/layers/avg-pool2d.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Concat } from '../../src/layers/concat.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { ELU } from '../../src/layers/elu.js'
import { GELU } from '../../src/layers/gelu.js'
import type { Layer } from '../../src/layers/layer.js'
import { LeakyReLU } from '../../src/layers/leaky-relu.js'
import { Linear } from '../../src/layers/linear.js'
import { MatMul } from '../../src/layers/mat-mul.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import { Mul } from '../../src/layers/mul.js'
import { Node, Pass } from '../../src/layers/node.js'
import { ReLU } from '../../src/layers/relu.js'
import { Repeat, Sum } from '../../src/layers/repeat.js'
import { Flatten, Identity } from '../../src/layers/reshape.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { SiLU } from '../../src/layers/silu.js'
import { LogSoftmax, Softmax } from '../../src/layers/softmax.js'
import { Tanh } from '../../src/layers/tanh.js'
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
  node.inputs = inputs
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
  it.each([
    ['stride 1', new Conv2d(2, 3, 3), [2, 2, 5, 6]],
    ['one place', new Conv2d(4, [5, 6]), [2, 2, 5, 6]],
    ['rectangles', new Conv2d(1, 2, [3, 2], { stride: [2, 1], padding: [1, 0] }), [3, 1, 6, 5]],
    ['padding', new Conv2d(2, 3, { padding: 2, bias: false }), [2, 3, 4, 4]],
    ["'same' with a stride", new Conv2d(2, 3, { padding: 'same', stride: 2 }), [2, 1, 5, 6]],
    ['a stride beyond the window', new Conv2d(2, 2, { stride: 3 }), [2, 1, 7, 8]],
  ])('Conv2d: %s', (_name, layer, shape) => checkLayer(layer, shape))
  it.each([
    ['2', new MaxPool2d(2), [2, 3, 6, 4]],
    ['overlapping', new MaxPool2d(3, { stride: 1, padding: 1 }), [2, 2, 4, 5]],
    ['rectangles', new MaxPool2d([2, 3], { stride: [1, 2] }), [2, 2, 5, 7]],
  ])('MaxPool2d: %s', (_name, layer, shape) => checkLayer(layer, shape))
  it.each([
    ['2', new AvgPool2d(2), [2, 3, 6, 4]],
    ['padding', new AvgPool2d(3, { stride: 2, padding: 1 }), [2, 2, 5, 4]],
    ['padding left out', new AvgPool2d(3, { stride: 2, padding: 1, countPadding: false }), [2, 2, 5, 4]],
  ])('AvgPool2d: %s', (_name, layer, shape) => checkLayer(layer, shape))
  it('GlobalAvgPool2d', () => checkLayer(new GlobalAvgPool2d(), [3, 4, 5, 2]))
  it('BatchNorm of features', () => checkLayer(new BatchNorm(), [7, 4]))
  it('BatchNorm of channels', () => checkLayer(new BatchNorm(3), [4, 3, 2, 5]))
  it('BatchNorm without weight and bias', () => checkLayer(new BatchNorm({ affine: false, eps: 0.1 }), [6, 4]))
  it('Dropout', () => checkLayer(new Dropout(0.3), [6, 7]))
  it('Flatten', () => checkLayer(new Flatten(), [3, 2, 4]))
  it.each([
    new ReLU(),
    new Sigmoid(),
    new Tanh(),
    new LeakyReLU(0.2),
    new ELU(0.7),
    new GELU(),
    new SiLU(),
    new Identity(),
    new Softmax(),
    new LogSoftmax(),
  ])('$kind', (layer) => {
    checkLayer(layer, [4, 9])
    checkLayer(layer, [2, 3, 5])
  })
  it('Add', () => checkLayer(new Add(), [4, 3], [4, 3]))
  it('Mul', () => checkLayer(new Mul(), [4, 3, 2], [4, 3, 2]))
  it('MatMul', () => checkLayer(new MatMul(), [3, 2, 5], [3, 5, 4]))
  it('Concat of features', () => checkLayer(new Concat(), [4, 3], [4, 1], [4, 6]))
  it('Concat along the last axis', () => checkLayer(new Concat({ axis: -1 }), [2, 3, 4], [2, 3, 1]))
  it('Repeat', () => checkLayer(new Repeat(3, { axis: 1 }), [2, 4, 5]))
  it('Sum', () => checkLayer(new Sum({ axis: -1 }), [2, 4, 5]))
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
