// TwoLayerNet, chapter 5.7: the network of the training table, by backpropagation.

import { Relu } from '../layers/activations.js'
import { LayeredNetwork } from './layered-network.js'
import { affineLayer, type NetworkOptions, networkOptions, type WeightInitStd } from './weights.js'

/** Options of {@link TwoLayerNet}. */
export interface TwoLayerNetOptions extends NetworkOptions {
  /** Standard deviation of the weights, or a rule; default 0.01. Biases begin at 0. */
  readonly weightInitStd?: WeightInitStd
}

/**
 * Affine1, Relu1, Affine2, and SoftmaxWithLoss (row 56): W1 (inputSize, hiddenSize), b1, W2 (hiddenSize, outputSize),
 * b2. dtype default float32.
 */
export class TwoLayerNet extends LayeredNetwork {
  constructor(inputSize: number, hiddenSize: number, outputSize: number, options: TwoLayerNetOptions = {}) {
    const common = networkOptions('TwoLayerNet', options, ['weightInitStd'])
    const { weightInitStd = 0.01 } = options
    super(
      [
        {
          name: 'Affine1',
          layer: affineLayer('TwoLayerNet', 1, [inputSize, hiddenSize], weightInitStd, common),
          params: ['W1', 'b1'],
        },
        { name: 'Relu1', layer: new Relu() },
        {
          name: 'Affine2',
          layer: affineLayer('TwoLayerNet', 2, [hiddenSize, outputSize], weightInitStd, common),
          params: ['W2', 'b2'],
        },
      ],
      {
        dtype: common.dtype,
        inFloat64: () => new TwoLayerNet(inputSize, hiddenSize, outputSize, { ...options, dtype: 'float64' }),
      },
    )
  }
}
