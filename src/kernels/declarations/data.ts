// Batches out of data sets.

import {
  type DeclaredFailure,
  type Element,
  index,
  input,
  kernel,
  optionalScalar,
  out,
  serial,
  size,
  splitRows,
} from '../declaration.js'

export const orderFailure: DeclaredFailure = {
  kind: 'order',
  text: 'order[{row}] is {value}, expected an integer from 0 below {samples}',
}

/** gatherBytes and gatherReals: the same but for the element of the data. */
function gatherRows(element: Element) {
  return kernel({
    parameters: [
      out('y', 'rows * cols'),
      input('data', 'samples * cols', { element, touched: 'rows * cols' }),
      index('order', 'length', { touched: 'rows' }),
      size('rows'),
      size('cols'),
      size('samples'),
      size('length'),
      size('cursor'),
      optionalScalar('scale', 1),
      optionalScalar('shift', 0),
    ],
    rules: ['cursor + rows <= length'],
    split: splitRows('rows'),
    flops: '2 * rows * cols',
    cost: 'rows * cols / 4',
    failures: [orderFailure],
  })
}

export const data = {
  /** y (rows,cols) = data[order[cursor + r]] · scale + shift, row by row; data is (samples,cols) bytes. */
  gatherBytes: gatherRows('uint8'),
  /** As gatherBytes, for data that is already real. */
  gatherReals: gatherRows('real'),
  /** y (rows) = data[order[cursor + r]], integers. */
  gatherLabels: kernel({
    parameters: [
      out('y', 'rows', { element: 'int32' }),
      input('data', 'samples', { element: 'int32', touched: 'rows' }),
      index('order', 'length', { touched: 'rows' }),
      size('rows'),
      size('samples'),
      size('length'),
      size('cursor'),
    ],
    rules: ['cursor + rows <= length'],
    split: serial,
    flops: '0',
    cost: 'rows',
    failures: [orderFailure],
  }),
} as const
