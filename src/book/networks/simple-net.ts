// SimpleNet, chapter 4.4.2: one matrix of weights, to try numerical gradients on.

import { checkOptions } from '../../errors.js'
import { checkSeed } from '../../random/random.js'
import { type TensorLike, tensor } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import { requireShape } from '../array.js'
import { dot, softmax } from '../functions.js'
import { crossEntropyError } from '../losses.js'
import { initialTensor } from './weights.js'

/** Options of {@link SimpleNet}. */
export interface SimpleNetOptions {
  /** The weights (2, 3), copied; without them they are drawn, normal with standard deviation 1. */
  readonly W?: TensorLike
  /** Same seed, same weights; default 0. */
  readonly seed?: number
}

/** softmax(x · W) with W (2, 3) (rows 53 and 65). Always float64: numerical gradients are worth nothing in float32. */
export class SimpleNet {
  /** Live: `numericalGradient(() => net.loss(x, t), net.W)` changes it and puts it back. */
  readonly W: Tensor

  constructor(options: SimpleNetOptions = {}) {
    checkOptions('SimpleNet', options, ['W', 'seed'])
    const { W, seed = 0 } = options
    checkSeed('SimpleNet', seed)
    this.W =
      W === undefined
        ? initialTensor('SimpleNet', 'W', [2, 3], 1, { seed, dtype: 'float64' })
        : tensor(W, undefined, { element: 'float64' })
    requireShape('SimpleNet: W', this.W.shape, [2, 3])
  }

  /** Scores x · W, (3) or (N, 3), before softmax. */
  predict(x: TensorLike): Tensor {
    return dot(x, this.W) as Tensor
  }

  /** The cross-entropy of softmax(x · W); t: a label or a row for one sample, labels or rows for a batch. */
  loss(x: TensorLike, t: TensorLike): number {
    return crossEntropyError(softmax(this.predict(x)), t)
  }
}
