// What goes into the book's objects and comes out of them: numbers, nested arrays and tensors as float tensors.

import { netwrightError } from '../errors.js'
import { eagerKernels } from '../kernels/default-backend.js'
import type { Kernels } from '../kernels/kernels.js'
import { argMaxAlong } from '../tensor/arg-max.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { isNumberArray } from '../tensor/nested.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

/** Float type of a network's parameters and of all it computes. */
export type Dtype = 'float32' | 'float64'

/** Parameters, or their gradients, by name: W1, b1, … */
export type Params = Readonly<Record<string, Tensor>>

/** A number gives a number, an array a tensor. */
export type Result<X> = X extends number ? number : Tensor

/**
 * The float type to compute `values` in. As in NumPy, JavaScript's numbers and arrays of them are float64; tensors and
 * typed arrays keep their type (integers become float32) and decide where both stand together. Of two, float64 wins.
 */
export function dtypeOf(...values: readonly unknown[]): Dtype {
  const typed = values.filter((value) => value instanceof Tensor || isNumberArray(value))
  const isDouble = (value: unknown): boolean =>
    value instanceof Float64Array || (value instanceof Tensor && value.element === 'float64')
  return typed.length === 0 || typed.some(isDouble) ? 'float64' : 'float32'
}

/** `value` as a tensor of the float type that it has by dtypeOf. */
export function toFloat(value: TensorLike): Tensor {
  return toReal(value, dtypeOf(value))
}

/** The kernels that compute float tensors such as `x`. */
export function kernelsOf(x: Tensor): Kernels {
  return eagerKernels(x.element === 'float64' ? 'float64' : 'float32')
}

/** `compute` on `x` as a float tensor; a number goes in and comes out as a number. */
export function mapFloat<X extends TensorLike>(x: X, compute: (x: Tensor, kernels: Kernels) => Tensor): Result<X> {
  const values = toFloat(x)
  const result = compute(values, kernelsOf(values))
  return (typeof x === 'number' ? result.item() : result) as Result<X>
}

/** A copy of `x` of its own. */
export function copyOf(x: Tensor): Tensor {
  return new Tensor(x.data.slice(), x.shape, { scale: x.scale })
}

/** A tensor of zeros like `x`. */
export function zerosLike(x: Tensor): Tensor {
  return tensor(new (x.element === 'float64' ? Float64Array : Float32Array)(x.size), x.shape)
}

/** `dout` as a tensor like `y`, the output whose gradient it is. Throws ERR_SHAPE for another shape. */
export function gradientLike(where: string, dout: TensorLike, y: { readonly shape: Shape; readonly element: string }) {
  const given = toReal(dout, y.element === 'float64' ? 'float64' : 'float32')
  requireShape(`${where}.backward: dout`, given.shape, y.shape)
  return given
}

/** Throws ERR_SHAPE unless `shape` is `expected`. */
export function requireShape(what: string, shape: Shape, expected: Shape): void {
  if (sameShape(shape, expected)) return
  throw netwrightError(
    'ERR_SHAPE',
    `${what} has shape ${shapeText(shape)}, expected ${shapeText(expected)}`,
    'RangeError',
  )
}

/** What forward() kept for backward(). Throws ERR_STATE where there was no forward(). */
export function kept<T>(where: string, value: T | undefined, call = 'forward()'): T {
  if (value !== undefined) return value
  throw netwrightError('ERR_STATE', `${where}: backward() was called before ${call}`)
}

/** `x` (N, …) seen as a matrix of N rows. */
export function rowsOf(x: Tensor): Tensor {
  return x.reshape(x.shape[0] ?? 1, sizeOf(x.shape.slice(1)))
}

/** Where each row of `scores` (N, C) is largest, (N) int32. */
export function argMaxRows(scores: Tensor): Tensor {
  const { data } = scores
  return new Tensor(
    argMaxAlong((i) => data[i] as number, scores.shape, 1),
    [scores.shape[0] as number],
  )
}
