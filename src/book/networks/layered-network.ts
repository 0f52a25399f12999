// What the book's networks of layers share: a dictionary of parameters, layers in order, a loss, and two gradients.

import { netwrightError } from '../../errors.js'
import { numericalGradient } from '../../numeric/numerical-gradient.js'
import type { TensorLike } from '../../tensor/create.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import { copyOf, type Dtype, kernelsOf, type Params } from '../array.js'
import { BatchNormalization } from '../layers/batch-normalization.js'
import { Dropout } from '../layers/dropout.js'
import type { BookLayer } from '../layers/layer.js'
import { SoftmaxWithLoss } from '../layers/loss-layers.js'
import { copyParams, loadParams, saveParams } from '../params-file.js'
import { accuracyOf } from './accuracy.js'

/** A layer, its name, and the names of its `params` in the network's dictionary. */
export interface NamedLayer {
  readonly name: string
  readonly layer: BookLayer
  readonly params?: readonly string[]
}

export interface LayeredNetworkOptions {
  readonly dtype: Dtype
  /** λ of the loss's ½ λ Σ W² over the weights, not the biases; default 0. */
  readonly weightDecayLambda?: number
  /** The same network in float64; its parameters are then set. */
  readonly inFloat64: () => LayeredNetwork
}

/** Layers one after the other, and softmax with cross-entropy at the end (chapters 5 to 8). */
export abstract class LayeredNetwork {
  /** The parameters, live: the layers use these very tensors, so that updates in place are seen. */
  readonly params: Params
  /** The layers by name, first to last. */
  readonly layers: ReadonlyMap<string, BookLayer>
  readonly lastLayer = new SoftmaxWithLoss()
  readonly dtype: Dtype
  readonly weightDecayLambda: number
  readonly #gradients: Params
  readonly #inFloat64: () => LayeredNetwork

  constructor(layers: readonly NamedLayer[], options: LayeredNetworkOptions) {
    const params: Record<string, Tensor> = {}
    const gradients: Record<string, Tensor> = {}
    for (const { layer, params: names = [] } of layers) {
      names.forEach((name, i) => {
        params[name] = layer.params[i] as Tensor
        gradients[name] = layer.grads[i] as Tensor
      })
    }
    this.params = Object.freeze(params)
    this.#gradients = gradients
    this.layers = new Map(layers.map(({ name, layer }) => [name, layer]))
    this.dtype = options.dtype
    this.weightDecayLambda = options.weightDecayLambda ?? 0
    this.#inFloat64 = options.inFloat64
  }

  /** Scores (N, C), before softmax. `trainFlg`: as in training, which dropout and batch normalisation tell apart. */
  predict(x: TensorLike, trainFlg = false): Tensor {
    let out = toReal(x, this.dtype)
    for (const layer of this.layers.values()) out = layer.forward(out, trainFlg)
    return out
  }

  /** The mean loss of a batch, with ½ λ Σ W² where there is weight decay. t: labels (N) or rows (N, C). */
  loss(x: TensorLike, t: TensorLike, trainFlg = false): number {
    return this.lastLayer.forward(this.predict(x, trainFlg), t) + this.#decay()
  }

  /** The share of samples that are classified correctly; t: labels (N) or rows (N, C). */
  accuracy(x: TensorLike, t: TensorLike, batchSize = 100): number {
    return accuracyOf((samples) => this.predict(samples), x, t, batchSize)
  }

  /** The gradient of the loss in training by backpropagation, for each parameter, as tensors of their own. */
  gradient(x: TensorLike, t: TensorLike): Params {
    return this.lossAndGradient(x, t).gradients
  }

  /** `gradient` with the loss that it is the gradient of: the notes' loops compute that a second time (row 87). */
  lossAndGradient(x: TensorLike, t: TensorLike): { readonly loss: number; readonly gradients: Params } {
    const loss = this.loss(x, t, true)
    let dout = this.lastLayer.backward()
    for (const layer of [...this.layers.values()].reverse()) dout = layer.backward(dout)
    const gradients = Object.entries(this.#gradients).map(([name, value]) => [name, this.#withDecay(name, value)])
    return { loss, gradients: Object.fromEntries(gradients) }
  }

  /**
   * The same by central differences, in float64 whatever the network's own type: two forward passes for each single
   * parameter, so for tiny networks and checks only. Throws ERR_STATE where there is dropout, whose masks change.
   */
  numericalGradient(x: TensorLike, t: TensorLike): Params {
    if ([...this.layers.values()].some((layer) => layer instanceof Dropout)) {
      throw netwrightError(
        'ERR_STATE',
        'numericalGradient: the network has dropout, whose loss changes from one call to the next; check it without',
      )
    }
    const twin = this.#inFloat64()
    for (const [name, value] of Object.entries(this.params)) twin.params[name]?.data.set(value.data)
    const samples = toReal(x, 'float64')
    const loss = (): number => twin.loss(samples, t, true)
    return Object.fromEntries(
      Object.entries(twin.params).map(([name, value]) => [name, numericalGradient(loss, value)]),
    )
  }

  /** Writes the parameters, and the running statistics of batch normalisation, to a safetensors file (row 96). */
  async saveParams(path: string): Promise<void> {
    await saveParams(this.#state(), path)
  }

  /**
   * Reads what `saveParams` wrote, into the tensors that are there. Throws ERR_FILE for a file that cannot be read,
   * ERR_SHAPE for one of another network; nothing has changed then.
   */
  async loadParams(path: string): Promise<void> {
    copyParams(path, this.#state(), await loadParams(path))
  }

  /** What a file keeps: batch normalisation evaluates by its running statistics, which are no parameters. */
  #state(): Params {
    const state: Record<string, Tensor> = { ...this.params }
    for (const [name, layer] of this.layers) {
      if (!(layer instanceof BatchNormalization)) continue
      state[`${name}.runningMean`] = layer.runningMean
      state[`${name}.runningVar`] = layer.runningVar
    }
    return state
  }

  /** ½ λ Σ W² over all weights. */
  #decay(): number {
    if (this.weightDecayLambda === 0) return 0
    let sum = 0
    for (const [name, value] of Object.entries(this.params)) {
      if (!isWeight(name)) continue
      const kernels = kernelsOf(value)
      const sums = kernels.empty([1])
      kernels.sumSquares({ sums, x: value, n: value.size, factor: 0.5 * this.weightDecayLambda })
      sum += sums.item()
    }
    return sum
  }

  /** A copy of a gradient, plus λ W for weights. */
  #withDecay(name: string, gradient: Tensor): Tensor {
    const y = copyOf(gradient)
    const weight = this.params[name]
    if (this.weightDecayLambda !== 0 && weight !== undefined && isWeight(name)) {
      kernelsOf(y).addScaled({ y, x: weight, n: y.size, alpha: this.weightDecayLambda })
    }
    return y
  }
}

/** W1, W2, …; neither biases nor gamma and beta decay. */
const isWeight = (name: string): boolean => name.startsWith('W')
