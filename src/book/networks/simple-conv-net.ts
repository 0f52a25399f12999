// SimpleConvNet, chapter 7.5.

import { type ConvParam, ImageStack } from './image-stack.js'
import { LayeredNetwork } from './layered-network.js'
import { type NetworkOptions, networkOptions, type WeightInitStd } from './weights.js'

/** Options of {@link SimpleConvNet}. */
export interface SimpleConvNetOptions extends NetworkOptions {
  /** Channels, height and width of an image; default [1, 28, 28]. */
  readonly inputDim?: readonly [channels: number, height: number, width: number]
  /** Default { filterNum: 30, filterSize: 5, pad: 0, stride: 1 }. */
  readonly convParam?: ConvParam
  /** Default 100. */
  readonly hiddenSize?: number
  /** Default 10. */
  readonly outputSize?: number
  /** Standard deviation of the weights, or a rule; default 0.01. Biases begin at 0. */
  readonly weightInitStd?: WeightInitStd
}

/**
 * Conv1, Relu1, Pool1 (2 by 2, stride 2), Affine1, Relu2, Affine2, and SoftmaxWithLoss (row 59). Parameters W1
 * (filters, channels, 5, 5), b1 … W3, b3: 433,890 numbers with the defaults. x: (N, C, H, W). dtype default float32.
 */
export class SimpleConvNet extends LayeredNetwork {
  constructor(options: SimpleConvNetOptions = {}) {
    const names = ['inputDim', 'convParam', 'hiddenSize', 'outputSize', 'weightInitStd']
    const common = networkOptions('SimpleConvNet', options, names)
    const { inputDim = [1, 28, 28], hiddenSize = 100, outputSize = 10, weightInitStd = 0.01 } = options
    const { convParam = { filterNum: 30, filterSize: 5, pad: 0, stride: 1 } } = options
    const stack = new ImageStack('SimpleConvNet', inputDim, weightInitStd, common)
    stack.conv(convParam).relu().pool().affine(hiddenSize).relu().affine(outputSize)
    super(stack.layers, {
      dtype: common.dtype,
      inFloat64: () => new SimpleConvNet({ ...options, dtype: 'float64' }),
    })
  }
}
