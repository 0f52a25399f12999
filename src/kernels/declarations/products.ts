// Matrix products.

import {
  inout,
  input,
  kernel,
  optionalInput,
  optionalScalar,
  optionalSize,
  size,
  splitByKernel,
  splitRows,
} from '../declaration.js'

export const products = {
  /**
   * C (m,n) = relu?(alpha · op(A) (m,k) · op(B) (k,n) + beta · C + bias (n)), all row-major and contiguous.
   * `transposeA`: A is stored (k,m); `transposeB`: B is stored (n,k). With beta 0, C is not read.
   * Bias and ReLU are applied after the whole sum over k, so that fusing them changes no bit.
   */
  gemm: kernel({
    parameters: [
      inout('c', 'm * n'),
      input('a', 'm * k'),
      input('b', 'k * n'),
      optionalInput('bias', 'n'),
      size('m'),
      size('n'),
      size('k'),
      optionalSize('transposeA', 0),
      optionalSize('transposeB', 0),
      optionalSize('relu', 0),
      optionalScalar('alpha', 1),
      optionalScalar('beta', 0),
    ],
    rules: ['transposeA <= 1', 'transposeB <= 1', 'relu <= 1'],
    split: splitByKernel('rows'),
    flops: '2 * m * n * k',
    cost: 'm * n * k / 60',
  }),
  /**
   * C_i (m,n) = op(A_i) · op(B_i) + beta · C_i for each i of a batch of products, stored one after the other; op as in
   * gemm. With beta 0, C is not read.
   */
  gemmBatched: kernel({
    parameters: [
      inout('c', 'batch * m * n'),
      input('a', 'batch * m * k'),
      input('b', 'batch * k * n'),
      size('batch'),
      size('m'),
      size('n'),
      size('k'),
      optionalSize('transposeA', 0),
      optionalSize('transposeB', 0),
      optionalScalar('beta', 0),
    ],
    rules: ['transposeA <= 1', 'transposeB <= 1'],
    split: splitRows('batch'),
    flops: '2 * batch * m * n * k',
    cost: 'batch * m * n * k / 60',
  }),
} as const
