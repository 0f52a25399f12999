// Affine and MatMul: matrix products with weights, with and without a bias.

import { netwrightError } from '../../errors.js'
import type { TensorLike } from '../../tensor/create.js'
import { type Shape, shapeText } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { toReal } from '../../tensor/to-real.js'
import { gradientLike, kept, kernelsOf, requireShape, rowsOf, toFloat, zerosLike } from '../array.js'
import type { BookLayer } from './layer.js'

/** x · W with an optional bias; what MatMul and Affine share. Has no gradients of its own. */
export class Product {
  readonly #name: string
  readonly #weight: Tensor
  readonly #bias: Tensor | undefined
  /** x as a matrix (N, I), and the shapes that x and the output had. */
  #kept: { readonly x: Tensor; readonly inShape: Shape; readonly outShape: Shape } | undefined

  constructor(name: string, weight: Tensor, bias?: Tensor) {
    if (weight.rank !== 2) {
      throw netwrightError(
        'ERR_SHAPE',
        `${name}: W has shape ${shapeText(weight.shape)}, expected (inputs, outputs)`,
        'RangeError',
      )
    }
    if (bias !== undefined) requireShape(`${name}: b`, bias.shape, [weight.shape[1] as number])
    this.#name = name
    this.#weight = weight
    this.#bias = bias
  }

  forward(x: TensorLike): Tensor {
    const [inputs, outputs] = this.#weight.shape as readonly [number, number]
    const given = toReal(x, this.#weight.element as 'float32' | 'float64')
    const matrix = given.rank === 1 ? given.reshape(1, -1) : rowsOf(given)
    if (given.rank === 0 || matrix.shape[1] !== inputs) {
      throw netwrightError(
        'ERR_SHAPE',
        `${this.#name}.forward: x has shape ${shapeText(given.shape)}, expected (N, …) with ${inputs} elements a sample, ` +
          `as W has shape ${shapeText(this.#weight.shape)}`,
        'RangeError',
      )
    }
    const outShape = given.rank === 1 ? [outputs] : [given.shape[0] as number, outputs]
    this.#kept = { x: matrix, inShape: given.shape, outShape }
    const kernels = kernelsOf(this.#weight)
    const c = kernels.empty(outShape)
    const m = matrix.shape[0] as number
    kernels.gemm({ c, a: matrix, b: this.#weight, bias: this.#bias, m, n: outputs, k: inputs })
    return c
  }

  /** Writes dW (I, O), and db (O) where there is one, and answers dx. */
  backward(dout: TensorLike, dW: Tensor, db?: Tensor): Tensor {
    const { x, inShape, outShape } = kept(this.#name, this.#kept)
    const weight = this.#weight
    const dy = gradientLike(this.#name, dout, { shape: outShape, element: weight.element })
    const [inputs, outputs] = weight.shape as readonly [number, number]
    const rows = x.shape[0] as number
    const kernels = kernelsOf(weight)
    kernels.gemm({ c: dW, a: x, b: dy, m: inputs, n: outputs, k: rows, transposeA: 1 })
    if (db !== undefined) kernels.sumRows({ sums: db, x: dy, rows, cols: outputs })
    const dx = kernels.empty(inShape)
    kernels.gemm({ c: dx, a: dy, b: weight, m: rows, n: inputs, k: outputs, transposeB: 1 })
    return dx
  }
}

/**
 * x · W + b, W (I, O) and b (O) (rows 32 and 33; chapter 5.6). x: (N, I), or (N, …) with I elements a sample, or one
 * sample (I); the output is (N, O) or (O), and backward gives a gradient shaped like x. Computes in W's float type; W
 * and b, where they are float tensors, are used as they are and not copied, so that updates in place are seen.
 */
export class Affine implements BookLayer {
  readonly params: readonly [W: Tensor, b: Tensor]
  readonly grads: readonly [dW: Tensor, db: Tensor]
  readonly #product: Product

  constructor(W: TensorLike, b: TensorLike) {
    const weight = toFloat(W)
    const bias = toReal(b, weight.element as 'float32' | 'float64')
    this.#product = new Product('Affine', weight, bias)
    this.params = [weight, bias]
    this.grads = [zerosLike(weight), zerosLike(bias)]
  }

  get W(): Tensor {
    return this.params[0]
  }
  get b(): Tensor {
    return this.params[1]
  }
  get dW(): Tensor {
    return this.grads[0]
  }
  get db(): Tensor {
    return this.grads[1]
  }

  forward(x: TensorLike): Tensor {
    return this.#product.forward(x)
  }

  /** dout · Wᵀ, shaped like x; writes dW = xᵀ · dout and db = Σ dout over the samples. */
  backward(dout: TensorLike): Tensor {
    return this.#product.backward(dout, ...this.grads)
  }
}

/** x · W without a bias (row 34; volume 2, chapter 1.3); otherwise as `Affine`. */
export class MatMul implements BookLayer {
  readonly params: readonly [W: Tensor]
  readonly grads: readonly [dW: Tensor]
  readonly #product: Product

  constructor(W: TensorLike) {
    const weight = toFloat(W)
    this.#product = new Product('MatMul', weight)
    this.params = [weight]
    this.grads = [zerosLike(weight)]
  }

  get W(): Tensor {
    return this.params[0]
  }
  get dW(): Tensor {
    return this.grads[0]
  }

  forward(x: TensorLike): Tensor {
    return this.#product.forward(x)
  }

  /** dout · Wᵀ, shaped like x; writes dW = xᵀ · dout. */
  backward(dout: TensorLike): Tensor {
    return this.#product.backward(dout, ...this.grads)
  }
}
