// Arithmetic on tensors by hand, through eager kernels: the default backend's, and the float64 reference's for float64
// data. Layers do not use it: they call kernels.

import { netwrightError } from './errors.js'
import { eagerKernels, floatTypeOf } from './kernels/default-backend.js'
import { broadcastShape, broadcastTo } from './tensor/broadcast.js'
import type { TensorLike } from './tensor/create.js'
import { type Shape, shapeText } from './tensor/shape.js'
import type { Tensor } from './tensor/tensor.js'
import { toReal } from './tensor/to-real.js'

/**
 * a + b, element by element, a float tensor (float64 where one of them is). Tensors, numbers or nested arrays; shapes are broadcast as in NumPy:
 * (2, 3) + (3,), (2, 1) + (1, 3). Throws ERR_SHAPE, with both shapes, when they do not fit.
 */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return elementwise('add', a, b)
}

/** a · b, element by element; see `add`. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return elementwise('mul', a, b)
}

/**
 * The matrix product, as NumPy's `matmul` for up to two axes: (m,k) · (k,n) → (m,n), (m,k) · (k) → (m), (k) · (k,n) →
 * (n), (k) · (k) → (). Throws ERR_SHAPE, with both shapes, when they do not fit.
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  return product('matmul', a, b)
}

/** The scalar product of two vectors, as a number; otherwise as `matmul`. */
export function dot(a: TensorLike, b: TensorLike): Tensor | number {
  const result = product('dot', a, b)
  return result.rank === 0 ? result.item() : result
}

function elementwise(kernel: 'add' | 'mul', a: TensorLike, b: TensorLike): Tensor {
  const kernels = eagerKernels(floatTypeOf(a, b))
  const [left, right] = [toReal(a, kernels.real), toReal(b, kernels.real)]
  const shape = broadcastShape(kernel, left.shape, right.shape)
  const y = kernels.empty(shape)
  kernels[kernel]({ y, a: broadcastTo(left, shape), b: broadcastTo(right, shape), n: y.size })
  return y
}

function product(where: string, a: TensorLike, b: TensorLike): Tensor {
  const kernels = eagerKernels(floatTypeOf(a, b))
  const [left, right] = [toReal(a, kernels.real), toReal(b, kernels.real)]
  const [rows, inner] = left.rank === 1 ? [1, left.shape[0]] : left.shape
  const [depth, columns = 1] = right.shape
  if (!isMatrix(left) || !isMatrix(right) || inner !== depth) {
    const expected = isMatrix(left) && isMatrix(right) ? 'equal inner lengths' : 'one or two axes each'
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: shapes ${shapeText(left.shape)} and ${shapeText(right.shape)} do not fit, expected ${expected}`,
      'RangeError',
    )
  }
  const shape: Shape = [...left.shape.slice(0, -1), ...right.shape.slice(1)]
  const c = kernels.empty(shape)
  kernels.gemm({ c, a: left, b: right, m: rows as number, n: columns, k: inner as number })
  return c
}

const isMatrix = (t: Tensor): boolean => t.rank === 1 || t.rank === 2
