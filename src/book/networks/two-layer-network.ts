// TwoLayerNetwork, chapter 4.5: two layers written as functions, whose gradient is numerical.

import { numericalGradient } from '../../numeric/numerical-gradient.js'
import type { TensorLike } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import type { Dtype, Params } from '../array.js'
import { crossEntropyError } from '../losses.js'
import { predict } from '../three-layer.js'
import { accuracyOf } from './accuracy.js'
import type { TwoLayerNetOptions } from './two-layer-net.js'
import { affineLayer, networkOptions } from './weights.js'

/**
 * sigmoid(x · W1 + b1) · W2 + b2, softmax and cross-entropy (row 55). One gradient takes two forward passes for each
 * single parameter: 79,520 for 784-50-10. So dtype is float64 by default here, and sizes should be tiny.
 */
export class TwoLayerNetwork {
  /** W1 (inputSize, hiddenSize), b1, W2 (hiddenSize, outputSize), b2, live. */
  readonly params: Params
  readonly dtype: Dtype

  constructor(inputSize: number, hiddenSize: number, outputSize: number, options: TwoLayerNetOptions = {}) {
    const common = networkOptions('TwoLayerNetwork', options, ['weightInitStd'], 'float64')
    const { weightInitStd = 0.01 } = options
    this.dtype = common.dtype
    const [W1, b1] = affineLayer('TwoLayerNetwork', 1, [inputSize, hiddenSize], weightInitStd, common).params
    const [W2, b2] = affineLayer('TwoLayerNetwork', 2, [hiddenSize, outputSize], weightInitStd, common).params
    this.params = Object.freeze({ W1, b1, W2, b2 })
  }

  /** Probabilities of the classes. */
  predict(x: TensorLike): Tensor {
    return predict(this.params, x)
  }

  /** The mean cross-entropy; t: labels (N) or rows (N, C). */
  loss(x: TensorLike, t: TensorLike): number {
    return crossEntropyError(this.predict(x), t)
  }

  /** The share of samples that are classified correctly; t: labels or rows, where the notes' code takes rows only. */
  accuracy(x: TensorLike, t: TensorLike, batchSize = 100): number {
    return accuracyOf((samples) => this.predict(samples), x, t, batchSize)
  }

  /** The gradient of the loss for each parameter, by central differences in float64 whatever the network's type. */
  numericalGradient(x: TensorLike, t: TensorLike): Params {
    const twin = Object.fromEntries(
      Object.entries(this.params).map(([name, value]) => [name, toReal(value, 'float64')]),
    )
    const samples = toReal(x, 'float64')
    const loss = (): number => crossEntropyError(predict(twin, samples), t)
    return Object.fromEntries(Object.entries(twin).map(([name, value]) => [name, numericalGradient(loss, value)]))
  }
}
