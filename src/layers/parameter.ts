// Parameter: a tensor that training changes, and its gradient.

import { netwrightError } from '../errors.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/**
 * A trainable tensor of a layer. `value` and `gradient` have the same shape. Once the layer belongs to a model, both
 * are live views on the model's memory: writing `value.data` changes the model, and training changes what you see.
 */
export class Parameter {
  readonly name: string
  readonly shape: Shape
  /** Whether weight decay applies: to weights, not to biases. */
  readonly decay: boolean
  #value: Tensor
  #gradient: Tensor
  #moved = false

  constructor(name: string, value: Tensor, options: { decay?: boolean } = {}) {
    this.name = name
    this.shape = value.shape
    this.decay = options.decay ?? true
    this.#value = value
    this.#gradient = new Tensor(
      new (value.data.constructor as new (n: number) => Float32Array)(value.size),
      value.shape,
    )
  }

  get value(): Tensor {
    return this.#value
  }

  get gradient(): Tensor {
    return this.#gradient
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  /**
   * Moves value and gradient into a model's memory, contents included. Used by the model when it is sealed.
   */
  moveTo(value: Tensor, gradient: Tensor): void {
    this.requireFree()
    this.#moved = true
    value.data.set(this.#value.data)
    gradient.data.set(this.#gradient.data)
    this.#value = value
    this.#gradient = gradient
  }

  /** Throws ERR_STATE when the parameter is in a model's memory already. */
  requireFree(): void {
    if (this.#moved) {
      throw netwrightError(
        'ERR_STATE',
        `Parameter '${this.name}' ${shapeText(this.shape)} belongs to another model already: a layer can be shared ` +
          'inside a model, not between models. Make a new layer.',
      )
    }
  }
}
