// What metrics need of each sample of a batch, and keeping it at the sample's place in a pass over the data.

import {
  type Element,
  index,
  inout,
  input,
  kernel,
  optionalScalar,
  out,
  scalar,
  size,
  splitBlocks,
  splitRows,
} from '../declaration.js'
import { labelFailure } from './losses.js'

/** putReals and putIntegers: the same but for the element. */
function putRows(element: Element) {
  return kernel({
    parameters: [
      inout('y', 'length * cols', { element, touched: 'rows * cols' }),
      input('x', 'rows * cols', { element }),
      size('rows'),
      size('cols'),
      size('length'),
      size('cursor'),
    ],
    rules: ['cursor + rows <= length'],
    split: splitRows('rows'),
    flops: '0',
    cost: 'rows * cols / 4 + rows',
  })
}

export const metrics = {
  /** y[cursor + r] = x[r]: rows of x (rows,cols) to their place in y (length,cols). */
  putReals: putRows('real'),
  /** As putReals, integers. */
  putIntegers: putRows('int32'),
  /** y (n) = 1 where x (n) is above the threshold, else 0, also for NaN. */
  isAbove: kernel({
    parameters: [out('y', 'n', { element: 'int32' }), input('x', 'n'), size('n'), scalar('threshold')],
    split: splitBlocks('n'),
    flops: 'n',
    cost: 'n / 4',
  }),
  /**
   * ranks (rows) = how many classes come before the label when a row of scores (rows,classes) is sorted from the largest
   * down: 0 where the label is the arg-max. Equal scores keep their order, and NaN counts as largest, as for argMax. -1
   * for the label `ignore` (NaN, the default, is none).
   */
  labelRanks: kernel({
    parameters: [
      out('ranks', 'rows', { element: 'int32' }),
      input('scores', 'rows * classes'),
      index('labels', 'rows'),
      size('rows'),
      size('classes'),
      optionalScalar('ignore', Number.NaN),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: 'rows * classes',
    cost: 'rows * classes / 2 + rows * 5',
    failures: [labelFailure],
  }),
} as const
