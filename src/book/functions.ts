// The book's functions of chapters 1 to 3: the product, the activations and the output functions, each in a kernel.

import { netwrightError } from '../errors.js'
import { dot as product } from '../math.js'
import type { TensorLike } from '../tensor/create.js'
import { checkShape, type Shape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'
import { dtypeOf, mapFloat, type Result, toFloat } from './array.js'

/**
 * The product of two arrays with one or two axes each, as NumPy's `dot` (notes rows 1 and 2): (I)·(I) → a number,
 * (N,I)·(I,O) → (N,O), (I)·(I,O) → (O), (N,I)·(I) → (N). Throws ERR_SHAPE, with both shapes, when they do not fit.
 */
export function dot(x: TensorLike, y: TensorLike): Tensor | number {
  const real = dtypeOf(x, y)
  return product(toReal(x, real), toReal(y, real))
}

/** Every index of an array of `shape`, in C order, as `numpy.ndindex`: `for (const [i, j] of ndindex([2, 3]))` (row 12). */
export function* ndindex(shape: Shape): Generator<number[]> {
  checkShape('ndindex', shape)
  if (shape.includes(0)) return
  const index = shape.map(() => 0)
  for (;;) {
    yield [...index]
    let axis = shape.length - 1
    while (axis >= 0 && index[axis] === (shape[axis] as number) - 1) index[axis--] = 0
    if (axis < 0) return
    index[axis] = (index[axis] as number) + 1
  }
}

/** 1 where x > 0, else 0, as int32 (row 14; chapter 3's `step_function`). NaN gives 0. */
export function stepFunction<X extends TensorLike>(x: X): Result<X> {
  const { data, shape } = toFloat(x)
  const result = new Tensor(
    Int32Array.from(data, (value) => (value > 0 ? 1 : 0)),
    shape,
  )
  return (typeof x === 'number' ? result.item() : result) as Result<X>
}

/** 1 / (1 + e^-x), without overflow for any x (row 15). */
export function sigmoid<X extends TensorLike>(x: X): Result<X> {
  return mapFloat(x, (values, kernels) => {
    const y = kernels.empty(values.shape)
    kernels.sigmoidForward({ y, x: values, n: y.size })
    return y
  })
}

/** max(0, x), element by element (row 16). */
export function relu<X extends TensorLike>(x: X): Result<X> {
  return mapFloat(x, (values, kernels) => {
    const y = kernels.empty(values.shape)
    kernels.reluForward({ y, x: values, n: y.size })
    return y
  })
}

/** x itself: the output function of regression (row 17). */
export function identityFunction<X extends TensorLike>(x: X): Result<X> {
  return mapFloat(x, (values) => values)
}

/**
 * e^x / Σ e^x over the last axis: one sample (C), or each row of a batch (N, C) by itself (rows 19 and 20). The row's
 * maximum is subtracted first, so that nothing overflows.
 */
export function softmax(x: TensorLike): Tensor {
  return mapFloat<Tensor>(x as Tensor, (values, kernels) => {
    const y = kernels.empty(values.shape)
    const cols = values.shape.at(-1) ?? 1
    kernels.softmaxForward({ y, x: values, rows: cols === 0 ? 0 : y.size / cols, cols })
    return y
  })
}

/**
 * e^x / Σ e^x of one sample (C), written down as it is defined (row 18): it overflows, [1010, 1000, 990] gives NaN.
 * Here to be looked at; use `softmax`. Throws ERR_SHAPE for a batch, which the notes' code takes for one sample.
 */
export function softmaxNaive(x: TensorLike): Tensor {
  const values = toFloat(x)
  if (values.rank !== 1) {
    throw netwrightError(
      'ERR_SHAPE',
      `softmaxNaive: x has shape ${shapeText(values.shape)}, expected one sample (C,); softmax takes batches`,
      'RangeError',
    )
  }
  const powers = new Tensor(values.data.slice(), values.shape)
  let sum = 0
  for (let i = 0; i < powers.size; i++) sum += powers.data[i] = Math.exp(values.data[i] as number)
  for (let i = 0; i < powers.size; i++) powers.data[i] = (powers.data[i] as number) / sum
  return powers
}
