// What the tests of the book's room share: comparing arrays in one `expect`, random arrays, and the gradient check of a
// layer by central differences.

import { expect } from 'vitest'
import { type BookLayer, numericalGradient, Random } from '../../src/book/index.js'
import { type TensorLike, tensor } from '../../src/tensor/create.js'
import { type Shape, sizeOf } from '../../src/tensor/shape.js'
import { Tensor } from '../../src/tensor/tensor.js'

/** NumPy's allclose: |got - wanted| <= atol + rtol · |wanted|, and shapes agree. */
export function expectClose(got: TensorLike, wanted: TensorLike, atol = 1e-8, rtol = 1e-5): void {
  const [a, b] = [got, wanted].map((value) =>
    value instanceof Tensor ? value : tensor(value, undefined, { element: 'float64' }),
  ) as [Tensor, Tensor]
  expect(a.shape).toEqual(b.shape)
  const worst = { at: -1, got: 0, wanted: 0 }
  for (let i = 0; i < a.size; i++) {
    const [x, y] = [a.data[i] as number, b.data[i] as number]
    if (!(Math.abs(x - y) <= atol + rtol * Math.abs(y))) Object.assign(worst, { at: i, got: x, wanted: y })
  }
  expect(worst).toEqual({ at: -1, got: 0, wanted: 0 })
}

/** Normal numbers, float64. */
export function randomTensor(shape: Shape, seed = 1): Tensor {
  const random = new Random(seed, 'test')
  return new Tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  )
}

/** Σ a · b over all elements. */
export function inner(a: Tensor, b: Tensor): number {
  return [...a.data].reduce((sum, value, i) => sum + value * (b.data[i] as number), 0)
}

/**
 * Compares backward's gradients of x and of all parameters with central differences of Σ weights · forward(x), in
 * float64, and checks that backward leaves dout alone.
 */
export function checkLayer(layer: BookLayer, x: Tensor, trainFlg?: boolean): void {
  const weights = randomTensor(layer.forward(x, trainFlg).shape, 99)
  const value = (): number => inner(layer.forward(x, trainFlg), weights)
  const wanted = [x, ...layer.params].map((input) => numericalGradient(value, input))
  layer.forward(x, trainFlg)
  const before = weights.toArray()
  const dx = layer.backward(weights)
  expect(weights.toArray()).toEqual(before)
  ;[dx, ...layer.grads].forEach((gradient, i) => {
    expectClose(gradient, wanted[i] as Tensor, 1e-7)
  })
}
