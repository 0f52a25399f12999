// Sums, arg-max, counts and checks. Every sum has one fixed order.

import {
  index,
  inout,
  input,
  kernel,
  optionalScalar,
  optionalSize,
  out,
  serial,
  size,
  splitBlocks,
  splitOutputs,
  splitRows,
} from '../declaration.js'

import { labelFailure } from './losses.js'

export const reductions = {
  /** sums (cols) = Σ over rows of x (rows,cols) + beta · sums, rows added in ascending order: a bias gradient. */
  sumRows: kernel({
    parameters: [
      inout('sums', 'cols'),
      input('x', 'rows * cols'),
      size('rows'),
      size('cols'),
      optionalScalar('beta', 0),
    ],
    split: splitOutputs('cols'),
    flops: 'rows * cols',
    cost: 'rows * cols / 8',
  }),
  /** y (rows) = column of the first largest value in each row of x (rows,cols); NaN counts as largest, as in NumPy. */
  argMax: kernel({
    parameters: [out('y', 'rows', { element: 'int32' }), input('x', 'rows * cols'), size('rows'), size('cols')],
    rules: ['cols >= 1'],
    split: splitRows('rows'),
    flops: 'rows * cols',
    cost: 'rows * cols',
  }),
  /**
   * counts[at] = number of rows whose label equals the arg-max of scores (rows,classes). Rows with the label `ignore`
   * are left out: the count is then times rows / rows that are left, so that counts / rows stays their share. NaN, the
   * default, is no label.
   */
  countCorrect: kernel({
    parameters: [
      inout('counts', 'length', { touched: '1' }),
      input('scores', 'rows * classes'),
      index('labels', 'rows'),
      size('rows'),
      size('classes'),
      optionalSize('at', 0),
      optionalSize('length', 1),
      optionalScalar('ignore', Number.NaN),
    ],
    rules: ['classes >= 1', 'at < length'],
    split: serial,
    flops: 'rows * classes',
    cost: 'rows * classes',
    failures: [labelFailure],
  }),
  /** sums[at] = Σ x (n) / divisor, in double precision: 16 interleaved sums, the same bits on every ISA. */
  sum: kernel({
    parameters: [
      inout('sums', 'length', { touched: '1' }),
      input('x', 'n'),
      size('n'),
      optionalSize('at', 0),
      optionalSize('length', 1),
      optionalSize('divisor', 1),
    ],
    rules: ['at < length', 'divisor >= 1'],
    split: serial,
    flops: 'n',
    cost: 'n / 2',
  }),
  /** Writes nothing; fails at the first element of x (n) that is NaN or infinite. */
  checkFinite: kernel({
    parameters: [input('x', 'n'), size('n')],
    split: splitBlocks('n'),
    flops: 'n',
    cost: 'n / 16',
    failures: [{ kind: 'notFinite', text: 'x[{row}] is {value}, expected a finite number' }],
  }),
  /** sums (groups,cols) = Σ over i of x (groups,count,cols) + beta · sums, i in ascending order: the dual of repeatRows. */
  sumGroups: kernel({
    parameters: [
      inout('sums', 'groups * cols'),
      input('x', 'groups * count * cols'),
      size('groups'),
      size('count'),
      size('cols'),
      optionalScalar('beta', 0),
    ],
    split: splitRows('groups'),
    flops: 'groups * count * cols',
    cost: 'groups * count * cols / 8',
  }),
  /**
   * sums (groups,channels) = Σ over the rows of each group and places of x (rows,channels,places): a convolution's bias
   * gradient, once sumRows has added up the groups, which are those of conv2dWeightGradient. Each row's places are added
   * up first, then the rows in ascending order. An empty group is 0.
   */
  sumChannels: kernel({
    parameters: [
      out('sums', 'groups * channels'),
      input('x', 'rows * channels * places'),
      size('rows'),
      size('channels'),
      size('places'),
      size('groups'),
    ],
    rules: ['places >= 1', 'groups >= 1 && groups <= 65536'],
    split: { by: 'groups', units: 'groups', block: 1 },
    flops: 'rows * channels * places',
    cost: 'rows * channels * places / 20',
  }),
  /** sums[at] = factor · Σ x² (n) + beta · sums[at], added as in `sum`. */
  sumSquares: kernel({
    parameters: [
      inout('sums', 'length', { touched: '1' }),
      input('x', 'n'),
      size('n'),
      optionalSize('at', 0),
      optionalSize('length', 1),
      optionalScalar('factor', 1),
      optionalScalar('beta', 0),
    ],
    rules: ['at < length'],
    split: serial,
    flops: '2 * n',
    cost: 'n / 2',
  }),
} as const
