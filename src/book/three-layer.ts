// Chapter 3's networks: a dictionary of weights W1, b1, W2, …, and functions that take it.

import { checkOptions, netwrightError, requireNumber, requireWhole } from '../errors.js'
import { checkSeed } from '../random/random.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import type { Dtype, Params } from './array.js'
import { identityFunction, sigmoid, softmax } from './functions.js'
import { Product } from './layers/affine.js'
import { checkDtype, constantTensor, initialTensor } from './networks/weights.js'

/** Options of {@link initNetwork} with sizes. */
export interface InitNetworkOptions {
  /** Standard deviation of the weights; default 1. Biases begin at 0. */
  readonly weightInitStd?: number
  /** Same seed, same weights; default 0. */
  readonly seed?: number
  /** Default float64. */
  readonly dtype?: Dtype
}

/** Chapter 3.4's weights, written down there (row 48). */
const written = {
  W1: [
    [0.1, 0.3, 0.5],
    [0.2, 0.4, 0.6],
  ],
  b1: [0.1, 0.2, 0.3],
  W2: [
    [0.1, 0.4],
    [0.2, 0.5],
    [0.3, 0.6],
  ],
  b2: [0.1, 0.2],
  W3: [
    [0.1, 0.3],
    [0.2, 0.4],
  ],
  b3: [0.1, 0.2],
} as const

/**
 * Weights W1, b1, W2, … of a network. Without arguments those of chapter 3.4's 2-3-2-2 network, float64 (row 48). With
 * the sizes of its layers, `initNetwork([2, 3, 2, 2], { seed: 1 })`, normally distributed ones: W of layer i has shape
 * (sizes[i-1], sizes[i]) (row 49; the notes give W2 the shape (2,3), which does not fit). Weights from a file: `loadParams`.
 */
export function initNetwork(sizes?: readonly number[], options: InitNetworkOptions = {}): Params {
  if (sizes === undefined) {
    return Object.fromEntries(
      Object.entries(written).map(([name, values]) => [name, tensor(values, undefined, { element: 'float64' })]),
    )
  }
  checkOptions('initNetwork', options, ['weightInitStd', 'seed', 'dtype'])
  const { weightInitStd = 1, seed = 0, dtype = 'float64' } = options
  checkSeed('initNetwork', seed)
  checkDtype('initNetwork', dtype)
  requireNumber('initNetwork: weightInitStd', weightInitStd, 'a number from 0', (std) => std >= 0)
  if (sizes.length < 2) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `initNetwork: got ${sizes.length} sizes, expected those of the inputs, any hidden layers and the outputs`,
      'RangeError',
    )
  }
  sizes.forEach((size, i) => {
    requireWhole(`initNetwork: sizes[${i}]`, size)
  })
  const params: Record<string, Tensor> = {}
  sizes.slice(1).forEach((outputs, i) => {
    const name = `W${i + 1}`
    params[name] = initialTensor('initNetwork', name, [sizes[i] as number, outputs], weightInitStd, { seed, dtype })
    params[`b${i + 1}`] = constantTensor([outputs], 0, dtype)
  })
  return params
}

/**
 * What the network of `params` makes of x (I) or (N, I): sigmoid after each layer and `outputFunction` after the last,
 * chapter 3.4's identity by default; a classifier's is `softmax`.
 */
export function forward(
  params: Params,
  x: TensorLike,
  outputFunction: (a: Tensor) => Tensor = identityFunction,
): Tensor {
  let z: TensorLike = x
  for (let layer = 1; ; layer++) {
    const [W, b] = [params[`W${layer}`], params[`b${layer}`]]
    if (W === undefined || b === undefined) {
      throw netwrightError('ERR_ARGUMENT', `forward: the network has no W${layer} and b${layer}`, 'TypeError')
    }
    const a = new Product('forward', W, toReal(b, W.element as Dtype)).forward(z)
    if (params[`W${layer + 1}`] === undefined) return outputFunction(a)
    z = sigmoid(a)
  }
}

/** Probabilities of the classes of x, (I) or (N, I): `forward` with softmax at the end, chapter 3.6's `predict` (row 50). */
export function predict(params: Params, x: TensorLike): Tensor {
  return forward(params, x, softmax)
}
