// Small networks that between them use the kernels of training: what a backend computes on them is held to the float64
// reference. Nothing here is meant to learn.

import { Add } from '../../layers/add.js'
import { AvgPool2d, GlobalAvgPool2d } from '../../layers/avg-pool2d.js'
import { BatchNorm } from '../../layers/batch-norm.js'
import { Concat } from '../../layers/concat.js'
import { Conv2d } from '../../layers/conv2d.js'
import { Dropout } from '../../layers/dropout.js'
import { ELU } from '../../layers/elu.js'
import { GELU } from '../../layers/gelu.js'
import type { Layer } from '../../layers/layer.js'
import { LeakyReLU } from '../../layers/leaky-relu.js'
import { Linear } from '../../layers/linear.js'
import { MatMul } from '../../layers/mat-mul.js'
import { MaxPool2d } from '../../layers/max-pool2d.js'
import { Mul } from '../../layers/mul.js'
import { ReLU } from '../../layers/relu.js'
import { Repeat, Sum } from '../../layers/repeat.js'
import { Flatten } from '../../layers/reshape.js'
import { Sigmoid } from '../../layers/sigmoid.js'
import { SiLU } from '../../layers/silu.js'
import { LogSoftmax, Softmax } from '../../layers/softmax.js'
import { Tanh } from '../../layers/tanh.js'
import { input, type Value } from '../../layers/value.js'
import { huber, mae } from '../../losses/absolute-error.js'
import { binaryCrossEntropy } from '../../losses/binary-cross-entropy.js'
import { crossEntropy } from '../../losses/cross-entropy.js'
import { hinge } from '../../losses/hinge.js'
import { klDivergence } from '../../losses/kl-divergence.js'
import { nll } from '../../losses/nll.js'
import { mse } from '../../losses/squared-error.js'
import { topK } from '../../metrics/top-k.js'
import type { ModelOptions } from '../../model/network.js'
import { Model, type TrainableNetwork } from '../../model.js'
import { Adagrad } from '../../optim/adagrad.js'
import { Adam } from '../../optim/adam.js'
import { AdamW } from '../../optim/adamw.js'
import { RMSprop } from '../../optim/rmsprop.js'
import { SGD } from '../../optim/sgd.js'
import { Random } from '../../random/random.js'
import { Sequential } from '../../sequential.js'
import { type Shape, sizeOf } from '../../tensor/shape.js'
import { Tensor } from '../../tensor/tensor.js'
import type { FitOptions } from '../../train/options.js'

/** A network, samples and settings to train it with. Optimizers belong to one model, so each run makes its own. */
export interface Probe {
  readonly name: string
  readonly x: Tensor
  readonly y: Tensor
  network(options: ModelOptions): TrainableNetwork
  settings(): Pick<FitOptions, 'loss' | 'optimizer'> & FitOptions
}

// With batches of 16, the last one has 5.
const samples = 21
const classes = 5
const random = new Random(11, 'probes')

const tensorOf = (shape: Shape, draw: () => number): Tensor =>
  new Tensor(Float32Array.from({ length: samples * sizeOf(shape) }, draw), [samples, ...shape])
const normals = (...shape: number[]): Tensor => tensorOf(shape, () => random.normal(0, 1))
const shares = (...shape: number[]): Tensor => tensorOf(shape, () => random.below(1000) / 1000)
const signs = (...shape: number[]): Tensor => tensorOf(shape, () => 2 * random.below(2) - 1)
const bytes = (...shape: number[]): Tensor =>
  new Tensor(
    Uint8Array.from({ length: samples * sizeOf(shape) }, () => random.below(256)),
    [samples, ...shape],
  )
const labels = (): Tensor =>
  new Tensor(
    Int32Array.from({ length: samples }, () => random.below(classes)),
    [samples],
  )

/** Convolutions by both ways, pooling, normalisation; the training of bytes with all that may be done to images. */
const images: Probe = {
  name: 'images',
  x: bytes(2, 12, 12),
  y: labels(),
  network: (options) =>
    new Sequential(
      [
        ...[new Conv2d(16, 3, { padding: 1 }), new BatchNorm(), new ReLU(), new MaxPool2d(2)],
        ...[new Conv2d(16, 3, { padding: 1 }), new SiLU(), new AvgPool2d(2)],
        ...[new Conv2d(9, 2, { stride: 1 }), new GELU(), new GlobalAvgPool2d(), new Linear(classes)],
      ],
      options,
    ),
  settings: () => ({
    loss: crossEntropy({ labelSmoothing: 0.1 }),
    optimizer: new SGD({ lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    augment: { shift: 1, rotate: 10, zoom: 0.1, flip: 'horizontal', cutout: 3, noise: 0.05, mixUp: 0.2 },
    clipNorm: 1,
    ema: 0.9,
    metrics: ['accuracy'],
  }),
}

const dense: Probe = {
  name: 'dense',
  x: normals(20),
  y: labels(),
  network: (options) =>
    new Sequential(
      [
        ...[
          new Linear(67, { bias: false }),
          new BatchNorm(),
          new Sigmoid(),
          new Dropout(0.3),
          new Linear(33),
          new Tanh(),
        ],
        ...[new Linear(18), new ELU(), new Linear(17), new LeakyReLU(), new Linear(classes)],
      ],
      options,
    ),
  settings: () => ({
    loss: crossEntropy({ classWeights: [1, 2, 3, 2, 1] }),
    optimizer: new Adam({ lr: 0.01 }),
    l2: 0.01,
    accumulate: 2,
    clipValue: 0.5,
    metrics: ['accuracy', topK(2)],
  }),
}

/** Every joint of a graph. */
const graph: Probe = {
  name: 'graph',
  x: normals(6),
  y: normals(3),
  network: (options) => {
    const x = input([6])
    const h = new Tanh().apply(new Linear(6).apply(x))
    const matrix: Value = new Repeat(6).apply(new Softmax().apply(h))
    const mixed = new Sum().apply(new MatMul().apply(matrix, matrix))
    const joined = new Concat().apply(new Add().apply(h, mixed), new Mul().apply(h, x))
    return new Model(x, new Linear(3).apply(new Flatten().apply(joined)), options)
  },
  settings: () => ({ loss: mse(), optimizer: new AdamW({ lr: 0.01, weightDecay: 0.1 }) }),
}

const sgd = (): SGD => new SGD({ lr: 0.1 })

/** One layer, and one loss. */
const line = (name: string, y: Tensor, last: readonly Layer[], settings: Probe['settings']): Probe => ({
  name,
  x: normals(7),
  y,
  network: (options) => new Sequential([new Linear(y.shape[1] ?? classes), ...last], options),
  settings,
})

// Where a gradient is 0 but for rounding, Adagrad, RMSprop and Adam step by the rounding's sign: none of them beside a
// loss of absolute errors, whose gradients add up to 0, or a bias before batch normalisation.
export const probes: readonly Probe[] = [
  images,
  dense,
  graph,
  line('nll', labels(), [new LogSoftmax()], () => ({ loss: nll(), optimizer: new RMSprop({ lr: 0.01 }) })),
  line('huber', normals(3), [], () => ({ loss: huber(), optimizer: new Adagrad({ lr: 0.05 }) })),
  line('mae', normals(3), [], () => ({ loss: mae(), optimizer: sgd() })),
  line('binaryCrossEntropy', shares(2), [], () => ({ loss: binaryCrossEntropy(), optimizer: sgd() })),
  line('klDivergence', shares(4), [new LogSoftmax()], () => ({ loss: klDivergence(), optimizer: sgd() })),
  line('hinge', signs(3), [], () => ({ loss: hinge(), optimizer: sgd() })),
]
