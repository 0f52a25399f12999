// Numbers that a loss was made with, as tensors for its kernels. A recorded step takes such a tensor as a constant.

import { arrayTypes, Tensor } from '../tensor/tensor.js'

/** A list of numbers that gives the same tensor (n) at every call, one for each float type. */
export class RealConstant {
  readonly values: readonly number[]
  readonly #tensors = new Map<'float32' | 'float64', Tensor>()

  constructor(values: readonly number[]) {
    this.values = values
  }

  of(real: 'float32' | 'float64'): Tensor {
    const known = this.#tensors.get(real) ?? new Tensor(arrayTypes[real].from(this.values), [this.values.length])
    this.#tensors.set(real, known)
    return known
  }
}
