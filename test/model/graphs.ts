// Models that are more than a chain of products, each with data that it can learn.

import { Dataset } from '../../src/data/dataset.js'
import { Add } from '../../src/layers/add.js'
import { AvgPool2d, GlobalAvgPool2d } from '../../src/layers/avg-pool2d.js'
import { BatchNorm } from '../../src/layers/batch-norm.js'
import { Concat } from '../../src/layers/concat.js'
import { Conv2d } from '../../src/layers/conv2d.js'
import { Dropout } from '../../src/layers/dropout.js'
import { Linear } from '../../src/layers/linear.js'
import { MatMul } from '../../src/layers/mat-mul.js'
import { MaxPool2d } from '../../src/layers/max-pool2d.js'
import { Mul } from '../../src/layers/mul.js'
import { ReLU } from '../../src/layers/relu.js'
import { Repeat, Sum } from '../../src/layers/repeat.js'
import { Flatten } from '../../src/layers/reshape.js'
import { Sigmoid } from '../../src/layers/sigmoid.js'
import { Tanh } from '../../src/layers/tanh.js'
import { input } from '../../src/layers/value.js'
import type { ModelOptions } from '../../src/model/network.js'
import { Model, type TrainableNetwork } from '../../src/model.js'
import { Random } from '../../src/random/random.js'
import { Sequential } from '../../src/sequential.js'
import { type Shape, sizeOf } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'

const classes = 3

/** 45 samples of inputs of these shapes, labelled by the largest of three sums over parts of all inputs. */
function learnable(...shapes: readonly Shape[]): Dataset {
  const random = new Random(8)
  const samples = 45
  const inputs = shapes.map((shape) => {
    const data = Float32Array.from({ length: samples * sizeOf(shape) }, () => random.normal(0, 1))
    return new Tensor(data, [samples, ...shape])
  })
  const labels = Int32Array.from({ length: samples }, (_, sample) => {
    const sums = new Float64Array(classes)
    for (const { data, size } of inputs) {
      const length = size / samples
      for (let i = 0; i < length; i++) sums[i % classes] += data[sample * length + i] as number
    }
    return sums.indexOf(Math.max(...sums))
  })
  return new Dataset(inputs, new Tensor(labels, [samples]))
}

/** h + f(h), f of convolutions with batch normalisation, as in residual networks. */
function residualBlock(options: ModelOptions): Model {
  const x = input([2, 6, 6])
  const h = new Conv2d(4, 3, { padding: 'same', bias: false }).apply(x)
  const f1 = new ReLU().apply(new BatchNorm().apply(h))
  const f2 = new BatchNorm().apply(new Conv2d(4, 3, { padding: 1 }).apply(f1))
  const y = new ReLU().apply(new Add().apply(h, f2))
  return new Model(x, new Linear(classes).apply(new GlobalAvgPool2d().apply(y)), options)
}

function twoInputs(options: ModelOptions): Model {
  const [a, b] = [input([5]), input([1, 4, 4])]
  const left = new Tanh().apply(new Linear(6).apply(a))
  const right = new Flatten().apply(new AvgPool2d(2).apply(b))
  const joined = new Concat().apply(left, right, a)
  return new Model([a, b], new Linear(classes).apply(joined), options)
}

/** One layer at three places, and a gate. */
function sharedLayer(options: ModelOptions): Model {
  const x = input([6])
  const shared = new Linear(6, 6)
  const h = new ReLU().apply(shared.apply(x))
  const gate = new Sigmoid().apply(shared.apply(h))
  const y = shared.apply(new Mul().apply(gate, new Add().apply(h, x)))
  return new Model(x, new Linear(classes).apply(y), options)
}

/** Copies along a new axis, a product of matrices with itself, and their sum. */
function products(options: ModelOptions): Model {
  const x = input([4])
  const h = new Tanh().apply(new Linear(4).apply(x))
  const matrix = new Repeat(4).apply(h)
  const square = new MatMul().apply(matrix, new Repeat(4, { axis: 1 }).apply(x))
  return new Model(x, new Linear(classes).apply(new Sum().apply(square)), options)
}

function images(options: ModelOptions): Sequential {
  return new Sequential(
    [
      new Conv2d(2, 3, [3, 2], { padding: 1, init: 'he' }),
      new BatchNorm(),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(4, 2, { stride: [2, 1] }),
      new ReLU(),
      new Dropout(0.2),
      new Flatten(),
      new Linear(8),
      new BatchNorm({ momentum: 0.3 }),
      new Tanh(),
      new Dropout(0.3),
      new Linear(classes),
    ],
    options,
  )
}

interface Example {
  readonly make: (options: ModelOptions) => TrainableNetwork
  readonly dataset: Dataset
}

export const graphs = {
  'a residual block': { make: residualBlock, dataset: learnable([2, 6, 6]) },
  'two inputs': { make: twoInputs, dataset: learnable([5], [1, 4, 4]) },
  'a shared layer': { make: sharedLayer, dataset: learnable([6]) },
  'matrix products': { make: products, dataset: learnable([4]) },
  'a chain on images': { make: images, dataset: learnable([2, 8, 8]) },
} as const satisfies Readonly<Record<string, Example>>

export const graphNames = Object.keys(graphs) as (keyof typeof graphs)[]
