// DeepConvNet, chapter 8.1: the book's best network on MNIST.

import { type ConvParam, ImageStack } from './image-stack.js'
import { LayeredNetwork } from './layered-network.js'
import { type NetworkOptions, networkOptions, type WeightInitStd } from './weights.js'

/** Options of {@link DeepConvNet}. */
export interface DeepConvNetOptions extends NetworkOptions {
  /** Channels, height and width of an image; default [1, 28, 28]. */
  readonly inputDim?: readonly [channels: number, height: number, width: number]
  /** Six convolutions, a pooling after each second; default 16, 16, 32, 32 (pad 2), 64 and 64 filters of 3 by 3, pad 1. */
  readonly convParams?: readonly ConvParam[]
  /** Default 50. */
  readonly hiddenSize?: number
  /** Default 10. */
  readonly outputSize?: number
  /** Default 0.5. */
  readonly dropoutRatio?: number
  /** Standard deviation of the weights, or a rule; default 'he', as in the book. Biases begin at 0. */
  readonly weightInitStd?: WeightInitStd
}

const conv = (filterNum: number, pad = 1): ConvParam => ({ filterNum, filterSize: 3, pad, stride: 1 })
const standard: readonly ConvParam[] = [conv(16), conv(16), conv(32), conv(32, 2), conv(64), conv(64)]

/**
 * Three times Conv, Relu, Conv, Relu, Pool (2 by 2, stride 2); then Affine, Relu, Dropout, Affine, Dropout, and
 * SoftmaxWithLoss. Parameters W1, b1 … W8, b8. x: (N, C, H, W). dtype default float32.
 *
 * The book writes down each layer's number of inputs by hand, 64·4·4 for the seventh; here it follows from the shapes.
 * `loss` has the book's dropout where `trainFlg` is true, which its own always has; `gradient` always has it.
 */
export class DeepConvNet extends LayeredNetwork {
  constructor(options: DeepConvNetOptions = {}) {
    const names = ['inputDim', 'convParams', 'hiddenSize', 'outputSize', 'dropoutRatio', 'weightInitStd']
    const common = networkOptions('DeepConvNet', options, names)
    const { inputDim = [1, 28, 28], convParams = standard, hiddenSize = 50, outputSize = 10 } = options
    const { dropoutRatio = 0.5, weightInitStd = 'he' } = options
    const stack = new ImageStack('DeepConvNet', inputDim, weightInitStd, common)
    convParams.forEach((convParam, i) => {
      stack.conv(convParam).relu()
      if (i % 2 === 1) stack.pool()
    })
    stack.affine(hiddenSize).relu().dropout(dropoutRatio).affine(outputSize).dropout(dropoutRatio)
    super(stack.layers, {
      dtype: common.dtype,
      inFloat64: () => new DeepConvNet({ ...options, dtype: 'float64' }),
    })
  }
}
