// Clipping: gradients made smaller before an optimizer's step.

import { inout, input, kernel, optionalSize, scalar, size, splitBlocks, splitRows } from '../declaration.js'

export const clipping = {
  /**
   * roots[at + row] = √(Σ x² / divisor) of each row of x (rows,cols), in double precision. With a divisor from `cols` on
   * it is at most the row's largest |x|: it cannot overflow, where the sum of squares of a float32 from 1e19 on does.
   */
  rootMeanSquares: kernel({
    parameters: [
      inout('roots', 'length', { touched: 'rows' }),
      input('x', 'rows * cols'),
      size('rows'),
      size('cols'),
      size('divisor'),
      optionalSize('at', 0),
      size('length'),
    ],
    rules: ['divisor >= 1', 'divisor >= cols', 'at + rows <= length'],
    split: splitRows('rows'),
    flops: '2 * rows * cols',
    cost: 'rows * cols / 2 + rows * 10',
  }),
  /**
   * x (n) *= min(1, limit / (norm + 1e-6)), with norm = √(divisor · Σ roots²) of `count` rootMeanSquares: PyTorch's
   * clip_grad_norm_. Computed in double precision; where the factor is 1, x is not touched.
   */
  clipByNorm: kernel({
    parameters: [inout('x', 'n'), input('roots', 'count'), size('n'), size('count'), size('divisor'), scalar('limit')],
    rules: ['divisor >= 1'],
    split: splitBlocks('n'),
    flops: 'n',
    cost: 'n / 8 + count / 2',
  }),
  /** x (n) = min(max(x, -limit), limit); NaN stays. */
  clipByValue: kernel({
    parameters: [inout('x', 'n'), size('n'), scalar('limit')],
    split: splitBlocks('n'),
    flops: '2 * n',
    cost: 'n / 8',
  }),
} as const
