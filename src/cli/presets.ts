// The networks that the command line knows by name, each with the recipe that suits it. Their inputs and outputs follow
// from the data.

import {
  deepConvNet,
  digits,
  type ImageTask,
  multiLayerPerceptron,
  simpleConvNet,
  twoLayerNet,
} from '../experiments/networks.js'
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
  /** Of a sample, without the batch axis: for a preset of rows one axis, for one of images three. */
  readonly inputShape: Shape
  /** Samples are images, also where they come as rows. */
  readonly ofImages: boolean
  /** Classes, or the numbers of a target. */
  readonly outputs: number
  /** Width of the hidden layer. */
  readonly hidden: number
  readonly seed: number
  readonly backend: Backend
}

export interface Preset {
  readonly title: string
  readonly recipe: Recipe
  /** `rows`: samples of any shape, as rows of numbers; `images`: (channels, height, width). */
  readonly takes: 'rows' | 'images'
  /** What it is made for where there are no data. */
  readonly example: ImageTask
  /** Width of the hidden layer where the command line does not say it; undefined where it is no choice. */
  readonly hidden?: number
  create(options: PresetOptions): Sequential
}

/** A layer without a bias, which the normalisation behind it would take away again. */
const noBias = { bias: false }
/** Smaller images have nothing left behind two convolutions and poolings, but with padding. */
const leastUnpadded = 12

/** The book's, chapters 7 and 8. */
const bookRecipe = { epochs: 20, batchSize: 100, optimizer: 'adam', lr: 0.001 } as const

type Convolution = readonly [filters: number, size: number, padding: 0 | 'same']

/** Convolutions, each pooled, normalised and with ReLU, and a hidden layer. */
function convolutional(
  { inputShape, outputs, hidden, seed, backend }: PresetOptions,
  convolutions: readonly Convolution[],
): Sequential {
  const [, ...sides] = inputShape
  const isSmall = Math.min(...sides) < leastUnpadded
  const layers = convolutions.flatMap(([filters, size, padding]): Layer[] => [
    new Conv2d(filters, size, { ...noBias, padding: isSmall ? 'same' : padding }),
    new MaxPool2d(2),
    new BatchNorm(),
    new ReLU(),
  ])
  const dense = [new Flatten(), new Linear(hidden, noBias), new BatchNorm(), new ReLU(), new Linear(outputs)]
  return new Sequential([...layers, ...dense], { seed, backend, inputShape })
}

export const presets = {
  /**
   * Two convolutions, pooled before they are normalised, which makes normalisation and ReLU four times as cheap: the
   * digits to 99 % in one epoch. The rate goes up and down in one cycle (Smith and Topin 2018).
   */
  convnet: {
    title: 'images: 16@5×5, 32@3×3, hidden, classes, with batch normalisation',
    recipe: { epochs: 1, batchSize: 100, optimizer: 'adamw', lr: 0.01, schedule: 'one-cycle' },
    takes: 'images',
    example: digits,
    hidden: 64,
    create: (options) =>
      convolutional(options, [
        [16, 5, 0],
        [32, 3, 0],
      ]),
  },
  /** What smaller pictures of things ask for: Fashion-MNIST, augmented, to 93 %. */
  'wide-convnet': {
    title: 'images: 32@3×3, 64@3×3, padded, hidden, classes, with batch normalisation',
    recipe: { epochs: 8, batchSize: 100, optimizer: 'adamw', lr: 0.01, schedule: 'one-cycle' },
    takes: 'images',
    example: digits,
    hidden: 128,
    create: (options) =>
      convolutional(options, [
        [32, 3, 'same'],
        [64, 3, 'same'],
      ]),
  },
  mlp: {
    title: "rows and images: the book's two-layer network, hidden, classes",
    recipe: { epochs: 16, batchSize: 100, optimizer: 'sgd', lr: 0.1 },
    takes: 'rows',
    example: { inputShape: [784], outputs: 10 },
    hidden: 50,
    // The book's weights are so small that rows of a few numbers take long to learn.
    create: ({ inputShape: [inputs = 0], ofImages, outputs, hidden, ...source }) =>
      multiLayerPerceptron(source, { ...(ofImages && twoLayerNet), hidden: [hidden], inputs, outputs }),
  },
  'simple-conv': {
    title: "images: the book's SimpleConvNet, one convolution",
    recipe: bookRecipe,
    takes: 'images',
    example: digits,
    create: (options) => simpleConvNet(options, options),
  },
  'deep-conv': {
    title: "images: the book's DeepConvNet, six convolutions and dropout",
    recipe: bookRecipe,
    takes: 'images',
    example: digits,
    create: (options) => deepConvNet(options, options),
  },
  'spiral-mlp': {
    title: 'rows: hidden, classes, as it suits the spiral',
    recipe: { epochs: 300, batchSize: 30, optimizer: 'sgd', lr: 0.5 },
    takes: 'rows',
    example: { inputShape: [2], outputs: 3 },
    hidden: 64,
    create: ({ inputShape: [inputs = 0], outputs, hidden, seed, backend }) =>
      new Sequential([new Linear(inputs, hidden), new ReLU(), new Linear(hidden, outputs)], { seed, backend }),
  },
} as const satisfies Readonly<Record<string, Preset>>

export type PresetName = keyof typeof presets
export const presetNames = Object.keys(presets) as PresetName[]
