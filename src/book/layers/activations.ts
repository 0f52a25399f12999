// Relu and Sigmoid layers.

import type { TensorLike } from '../../tensor/create.js'
import { Tensor } from '../../tensor/tensor.js'
import { gradientLike, kept, kernelsOf, toFloat } from '../array.js'
import type { BookLayer } from './layer.js'

/** max(0, x), element by element (row 30; chapter 5.5.1). Unlike the book's, backward leaves `dout` as it was. */
export class Relu implements BookLayer {
  readonly params = []
  readonly grads = []
  #out: Tensor | undefined

  forward(x: TensorLike): Tensor {
    const values = toFloat(x)
    const kernels = kernelsOf(values)
    const y = kernels.empty(values.shape)
    kernels.reluForward({ y, x: values, n: y.size })
    this.#out = y
    return y
  }

  /** Where the last forward's x was <= 0: 1 there, else 0, uint8. Throws ERR_STATE before a forward(). */
  get mask(): Tensor {
    const { data, shape } = kept('Relu', this.#out)
    return new Tensor(
      Uint8Array.from(data, (value) => (value <= 0 ? 1 : 0)),
      shape,
    )
  }

  backward(dout: TensorLike): Tensor {
    const y = kept('Relu', this.#out)
    const dy = gradientLike('Relu', dout, y)
    const kernels = kernelsOf(y)
    const dx = kernels.empty(y.shape)
    kernels.reluBackward({ dx, dy, y, n: y.size })
    return dx
  }
}

/** 1 / (1 + e^-x), element by element (row 31; chapter 5.5.2). */
export class Sigmoid implements BookLayer {
  readonly params = []
  readonly grads = []
  #out: Tensor | undefined

  forward(x: TensorLike): Tensor {
    const values = toFloat(x)
    const kernels = kernelsOf(values)
    const y = kernels.empty(values.shape)
    kernels.sigmoidForward({ y, x: values, n: y.size })
    this.#out = y
    return y
  }

  /** dout · (1 - out) · out. */
  backward(dout: TensorLike): Tensor {
    const y = kept('Sigmoid', this.#out)
    const dy = gradientLike('Sigmoid', dout, y)
    const kernels = kernelsOf(y)
    const dx = kernels.empty(y.shape)
    kernels.sigmoidBackward({ dx, dy, y, n: y.size })
    return dx
  }
}
