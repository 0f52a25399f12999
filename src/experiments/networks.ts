// The notes' networks in the library's layers, for the digits or for other data. They begin as the book's do: normal
// weights, biases 0.

import type { Backend } from '../kernels/backend.js'
import { BatchNorm } from '../layers/batch-norm.js'
import { Conv2d } from '../layers/conv2d.js'
import { Dropout } from '../layers/dropout.js'
import type { InitialiserLike } from '../layers/initialisers.js'
import type { Layer } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import { MaxPool2d } from '../layers/max-pool2d.js'
import { ReLU } from '../layers/relu.js'
import { Flatten } from '../layers/reshape.js'
import { Sequential } from '../sequential.js'
import type { Shape } from '../tensor/shape.js'

const he = { init: 'he', biasInit: 'zeros' } as const

/** Where a network gets its random numbers from, and what computes it; a Lab is one. */
export interface Source {
  readonly seed: number
  readonly backend: Backend
}

export interface MultiLayerOptions {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[]
  /** Initial weights; default 'he'. */
  readonly init?: InitialiserLike
  /** Whether a batch normalisation, with the book's eps of 1e-6, stands before each ReLU. */
  readonly batchNorm?: boolean
  /** Makes the layers behind each ReLU, such as a dropout; default: none. */
  readonly behindReLU?: () => readonly Layer[]
  /** Numbers of a sample; default those of a digit, 784. */
  readonly inputs?: number
  /** Default 10. */
  readonly outputs?: number
}

/** Images (channels, height, width) and how many numbers a network answers for each. */
export interface ImageTask {
  readonly inputShape: Shape
  readonly outputs: number
}

export const digits: ImageTask = { inputShape: [1, 28, 28], outputs: 10 }

/** A multi-layer perceptron, inputs → hidden → outputs: the book's MultiLayerNetExtend. */
export function multiLayerPerceptron({ seed, backend }: Source, options: MultiLayerOptions): Sequential {
  const { hidden, init = 'he', batchNorm = false, behindReLU, inputs = 784, outputs = 10 } = options
  const weights = { init, biasInit: 'zeros' } as const
  const layers = hidden.flatMap((width, i): Layer[] => [
    new Linear(hidden[i - 1] ?? inputs, width, weights),
    ...(batchNorm ? [new BatchNorm({ eps: 1e-6 })] : []),
    new ReLU(),
    ...(behindReLU?.() ?? []),
  ])
  const last = new Linear(hidden.at(-1) ?? inputs, outputs, weights)
  return new Sequential([...layers, last], { seed, backend })
}

/** The book's TwoLayerNet, 784-50-10, weights normal with standard deviation 0.01. */
export const twoLayerNet: MultiLayerOptions = { hidden: [50], init: 0.01 }

/** `count` hidden layers of 100, as the notes' experiments have them. */
export const hundreds = (count: number): readonly number[] => new Array<number>(count).fill(100)

/** The book's SimpleConvNet, by default for the digits: one convolution. */
export function simpleConvNet({ seed, backend }: Source, { inputShape, outputs } = digits): Sequential {
  const weights = { init: 0.01, biasInit: 'zeros' } as const
  return new Sequential(
    [
      new Conv2d(30, 5, weights),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(100, weights),
      new ReLU(),
      new Linear(outputs, weights),
    ],
    { seed, backend, inputShape },
  )
}

/** The book's DeepConvNet, by default for the digits: six convolutions, and dropout behind both fully connected layers. */
export function deepConvNet({ seed, backend }: Source, { inputShape, outputs } = digits): Sequential {
  const convolution = (filters: number, padding = 1) => [new Conv2d(filters, 3, { padding, ...he }), new ReLU()]
  return new Sequential(
    [
      ...convolution(16),
      ...convolution(16),
      new MaxPool2d(2),
      ...convolution(32),
      // A digit's 14 × 14 pixels become 16 × 16, which two more poolings halve without a rest.
      ...convolution(32, 2),
      new MaxPool2d(2),
      ...convolution(64),
      ...convolution(64),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(50, he),
      new ReLU(),
      new Dropout(0.5),
      new Linear(outputs, he),
      new Dropout(0.5),
    ],
    { seed, backend, inputShape },
  )
}

/** Number of weights and biases. */
export const parameterCount = ({ params }: Sequential): number => params.reduce((sum, { size }) => sum + size, 0)
