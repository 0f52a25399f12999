// Volume 2's TwoLayerNet, chapter 1: layers in a list, parameters and gradients in lists.

import type { TensorLike } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import type { Dtype } from '../array.js'
import { Sigmoid } from '../layers/activations.js'
import type { BookLayer } from '../layers/layer.js'
import { SoftmaxWithLoss } from '../layers/loss-layers.js'
import type { TwoLayerNetOptions } from '../networks/two-layer-net.js'
import { affineLayer, networkOptions } from '../networks/weights.js'

/**
 * Affine, Sigmoid, Affine, and SoftmaxWithLoss (row 54): predict gives the scores (N, O). `params` and `grads` hold all
 * layers' tensors, in one order; backward writes the gradients in place. dtype default float32.
 */
export class TwoLayerNet {
  readonly layers: readonly BookLayer[]
  readonly lossLayer = new SoftmaxWithLoss()
  readonly params: readonly Tensor[]
  readonly grads: readonly Tensor[]
  readonly dtype: Dtype

  constructor(inputSize: number, hiddenSize: number, outputSize: number, options: TwoLayerNetOptions = {}) {
    const common = networkOptions('TwoLayerNet', options, ['weightInitStd'])
    const { weightInitStd = 0.01 } = options
    this.dtype = common.dtype
    this.layers = [
      affineLayer('TwoLayerNet', 1, [inputSize, hiddenSize], weightInitStd, common),
      new Sigmoid(),
      affineLayer('TwoLayerNet', 2, [hiddenSize, outputSize], weightInitStd, common),
    ]
    this.params = this.layers.flatMap((layer) => layer.params)
    this.grads = this.layers.flatMap((layer) => layer.grads)
  }

  /** Scores (N, O), before softmax. */
  predict(x: TensorLike): Tensor {
    return this.layers.reduce((out, layer) => layer.forward(out), toReal(x, this.dtype))
  }

  /** The mean loss; t: labels (N) or rows (N, O). */
  forward(x: TensorLike, t: TensorLike): number {
    return this.lossLayer.forward(this.predict(x), t)
  }

  /** Fills `grads` with dout times the gradient of the last forward's loss. Answers the gradient of x. */
  backward(dout = 1): Tensor {
    return this.layers.reduceRight((gradient, layer) => layer.backward(gradient), this.lossLayer.backward(dout))
  }
}
