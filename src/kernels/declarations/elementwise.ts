// Plain arithmetic, element by element, and copies.

import { inout, input, kernel, optionalSize, out, scalar, size, splitBlocks, splitRows } from '../declaration.js'

export const elementwise = {
  /** y = a + b. */
  add: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['a', 'b'] }), input('a', 'n'), input('b', 'n'), size('n')],
    split: splitBlocks('n', 'samples'),
    flops: 'n',
    cost: 'n / 8',
  }),
  /** y = a · b, element by element. */
  mul: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['a', 'b'] }), input('a', 'n'), input('b', 'n'), size('n')],
    split: splitBlocks('n', 'samples'),
    flops: 'n',
    cost: 'n / 8',
  }),
  /** y = value / divisor. The divisor is a size, so that 1/rows follows the rows of a recorded step. */
  fill: kernel({
    parameters: [out('y', 'n'), size('n'), optionalSize('divisor', 1), scalar('value')],
    rules: ['divisor >= 1'],
    split: splitBlocks('n'),
    flops: '0',
    cost: 'n / 16',
  }),
  /** y = alpha · x. */
  scale: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['x'] }), input('x', 'n'), size('n'), scalar('alpha')],
    split: splitBlocks('n', 'samples'),
    flops: 'n',
    cost: 'n / 8',
  }),
  /** y += alpha · x. */
  addScaled: kernel({
    parameters: [inout('y', 'n'), input('x', 'n'), size('n'), scalar('alpha')],
    split: splitBlocks('n'),
    flops: '2 * n',
    cost: 'n / 8',
  }),
  /**
   * y[r · yStride + yOffset + c] = x[r · xStride + xOffset + c] for r below rows and c below cols: a block of columns
   * from one matrix into another. Nothing else of y is touched.
   */
  copyColumns: kernel({
    parameters: [
      inout('y', 'rows * yStride', { touched: 'rows * cols' }),
      input('x', 'rows * xStride', { touched: 'rows * cols' }),
      size('rows'),
      size('cols'),
      size('yStride'),
      size('xStride'),
      optionalSize('yOffset', 0),
      optionalSize('xOffset', 0),
    ],
    rules: ['yOffset + cols <= yStride', 'xOffset + cols <= xStride'],
    split: splitRows('rows'),
    flops: '0',
    cost: 'rows * cols / 8',
  }),
  /** y (groups,count,cols) = x (groups,cols), each row `count` times. */
  repeatRows: kernel({
    parameters: [
      out('y', 'groups * count * cols'),
      input('x', 'groups * cols'),
      size('groups'),
      size('count'),
      size('cols'),
    ],
    split: splitRows('groups * count'),
    flops: '0',
    cost: 'groups * count * cols / 16',
  }),
} as const
