// Parameter: a tensor that training changes, and its gradient.

import { Tensor } from '../tensor/tensor.js'
import { StateTensor } from './state-tensor.js'

/** Options of {@link Parameter}. */
export interface ParameterOptions {
  /** Whether weight decay applies: to weights, not to biases. Default true. */
  readonly decay?: boolean
  /** Whether saved files hold the transposed matrix, as PyTorch's do for `Linear`. Default false. */
  readonly savedTransposed?: boolean
}

/**
 * A trainable tensor of a layer. `value` and `gradient` have the same shape. Once the layer belongs to a model, both
 * are live views on the model's memory: writing `value.data` changes the model, and training changes what you see.
 */
export class Parameter extends StateTensor {
  readonly decay: boolean
  readonly savedTransposed: boolean
  /** Whether training leaves it alone, without a gradient: set by the layer's freeze(). */
  frozen = false
  #gradient: Tensor

  constructor(name: string, value: Tensor, { decay = true, savedTransposed = false }: ParameterOptions = {}) {
    super(name, value)
    this.decay = decay
    this.savedTransposed = savedTransposed
    this.#gradient = new Tensor(
      new (value.data.constructor as new (n: number) => Float32Array)(value.size),
      value.shape,
    )
  }

  get gradient(): Tensor {
    return this.#gradient
  }

  override moveTo(value: Tensor, gradient: Tensor = this.#gradient): void {
    super.moveTo(value)
    gradient.data.set(this.#gradient.data)
    this.#gradient = gradient
  }

  override substitute(value: Tensor, gradient: Tensor = this.#gradient): () => void {
    const restore = super.substitute(value)
    const own = this.#gradient
    this.#gradient = gradient
    return () => {
      restore()
      this.#gradient = own
    }
  }
}
