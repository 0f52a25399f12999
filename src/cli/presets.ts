// The networks that the command line knows by name, each with the recipe that suits it.

import { deepConvNet, multiLayerPerceptron, simpleConvNet, twoLayerNet } from '../experiments/networks.js'
import type { Backend } from '../kernels/backend.js'
import { BatchNorm } from '../layers/batch-norm.js'
import { Conv2d } from '../layers/conv2d.js'
import type { Layer } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import { MaxPool2d } from '../layers/max-pool2d.js'
import { ReLU } from '../layers/relu.js'
import { Flatten } from '../layers/reshape.js'
import { Sequential } from '../sequential.js'
import type { Shape } from '../tensor/shape.js'
import type { Recipe } from './recipe.js'

export interface PresetOptions {
  /** Width of the hidden layer. */
  readonly hidden: number
  readonly seed: number
  readonly backend: Backend
}

export interface Preset {
  readonly title: string
  readonly recipe: Recipe
  /** Of a sample, without the batch axis. */
  readonly inputShape: Shape
  /** Width of the hidden layer where the command line does not say it; undefined where it is no choice. */
  readonly hidden?: number
  create(options: PresetOptions): Sequential
}

/** A layer without a bias, which the normalisation behind it would take away again. */
const noBias = { bias: false }

const digit = [1, 28, 28] as const
/** The book's, chapters 7 and 8. */
const bookRecipe = { epochs: 20, batchSize: 100, optimizer: 'adam', lr: 0.001 } as const

export const presets = {
  /**
   * Two convolutions, pooled before they are normalised, which makes normalisation and ReLU four times as cheap:
   * 99 % in one epoch. The rate goes up and down in one cycle (Smith and Topin 2018).
   */
  convnet: {
    title: 'digits: 16@5×5, 32@3×3, hidden, 10, with batch normalisation',
    recipe: { epochs: 1, batchSize: 100, optimizer: 'adamw', lr: 0.01, schedule: 'one-cycle' },
    inputShape: digit,
    hidden: 64,
    create: ({ hidden, seed, backend }) => {
      const convolution = (filters: number, size: number): Layer[] => [
        new Conv2d(filters, size, noBias),
        new MaxPool2d(2),
        new BatchNorm(),
        new ReLU(),
      ]
      const dense = [new Flatten(), new Linear(hidden, noBias), new BatchNorm(), new ReLU(), new Linear(10)]
      const layers = [...convolution(16, 5), ...convolution(32, 3), ...dense]
      return new Sequential(layers, { seed, backend, inputShape: digit })
    },
  },
  mlp: {
    title: "digits: the book's two-layer network, 784, hidden, 10",
    recipe: { epochs: 16, batchSize: 100, optimizer: 'sgd', lr: 0.1 },
    inputShape: [784],
    hidden: 50,
    create: ({ hidden, ...source }) => multiLayerPerceptron(source, { ...twoLayerNet, hidden: [hidden] }),
  },
  'simple-conv': {
    title: "digits: the book's SimpleConvNet, one convolution",
    recipe: bookRecipe,
    inputShape: digit,
    create: simpleConvNet,
  },
  'deep-conv': {
    title: "digits: the book's DeepConvNet, six convolutions and dropout",
    recipe: bookRecipe,
    inputShape: digit,
    create: deepConvNet,
  },
  'spiral-mlp': {
    title: 'spiral: 2, hidden, 3',
    recipe: { epochs: 300, batchSize: 30, optimizer: 'sgd', lr: 0.5 },
    inputShape: [2],
    hidden: 64,
    create: ({ hidden, seed, backend }) =>
      new Sequential([new Linear(2, hidden), new ReLU(), new Linear(hidden, 3)], { seed, backend }),
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as PresetName[]
