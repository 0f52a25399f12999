// StateTensor: a tensor that a layer keeps from step to step. Parameter adds a gradient.

import { netwrightError } from '../errors.js'
import { type Shape, shapeText, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/**
 * A tensor of a layer that lasts: a parameter, or what a layer learns otherwise, as the running statistics of batch
 * normalisation (PyTorch's buffers). Once the layer belongs to a model, `value` is a live view on the model's memory.
 */
export class StateTensor {
  readonly name: string
  readonly shape: Shape
  #value: Tensor
  #moved = false

  constructor(name: string, value: Tensor) {
    this.name = name
    this.shape = value.shape
    this.#value = value
  }

  get value(): Tensor {
    return this.#value
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  /** Moves the value into a model's memory, contents included. Used by the model when it is sealed. */
  moveTo(value: Tensor): void {
    this.requireFree()
    this.#moved = true
    value.data.set(this.#value.data)
    this.#value = value
  }

  /** Throws ERR_STATE when it is in a model's memory already. */
  requireFree(): void {
    if (this.#moved) {
      throw netwrightError(
        'ERR_STATE',
        `Parameter '${this.name}' ${shapeText(this.shape)} belongs to another model already: a layer can be shared ` +
          'inside a model, not between models. Make a new layer.',
      )
    }
  }

  /** Puts `value` in place of the tensor until the answered function is called: a gradient check works on copies. */
  substitute(value: Tensor): () => void {
    const own = this.#value
    this.#value = value
    return () => {
      this.#value = own
    }
  }
}
