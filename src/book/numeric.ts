// Numerical differentiation by the book's names, chapter 4.3 and 4.4; numeric/ has the procedures.

import { netwrightError } from '../errors.js'
import { gradientDescent as descend } from '../numeric/gradient-descent.js'
import { numericalGradient } from '../numeric/numerical-gradient.js'
import type { TensorLike } from '../tensor/create.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

export { numericalDiff, numericalGradient } from '../numeric/numerical-gradient.js'

/**
 * The gradient of `f`, a function of the whole matrix X (N, D), by a central difference for each element (row 62). The
 * notes' code passes `f` a row at a time, which is wrong unless f adds up a function of each row. In float64.
 */
export function numericalGradient2d(f: (X: Tensor) => number, X: TensorLike): Tensor {
  const matrix = toReal(X, 'float64')
  if (matrix.rank === 2) return numericalGradient(f, matrix)
  throw netwrightError(
    'ERR_SHAPE',
    `numericalGradient2d: X has shape ${shapeText(matrix.shape)}, expected two axes (N, D)`,
    'RangeError',
  )
}

/**
 * Where `stepNum` steps x ← x - lr · gradient lead from `initX`, as a float64 tensor (row 64); initX stays as it is.
 * The library's own `gradientDescent` also stops at a tolerance and tells the path.
 */
export function gradientDescent(f: (x: Tensor) => number, initX: TensorLike, lr = 0.01, stepNum = 100): Tensor {
  return descend(f, toReal(initX, 'float64'), { lr, steps: stepNum }).x
}
