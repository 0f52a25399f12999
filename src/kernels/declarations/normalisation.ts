// Batch normalisation (Ioffe and Szegedy 2015) of x (rows,channels,places), statistics per channel over rows and places;
// (N,C) has one place, (N,C,H,W) has H·W.

import {
  inout,
  input,
  kernel,
  optionalInput,
  optionalScalar,
  optionalSize,
  out,
  scalar,
  size,
  splitByKernel,
  splitRows,
} from '../declaration.js'

const all = 'rows * channels * places'

export const normalisation = {
  /**
   * mean, variance (channels) of the batch, the variance about that mean and divided by rows · places;
   * y = (x - mean) / √(variance + epsilon) · scale (1) + shift (0). An empty batch has mean and variance 0.
   */
  batchNormForward: kernel({
    parameters: [
      out('y', all),
      out('mean', 'channels'),
      out('variance', 'channels'),
      input('x', all),
      optionalInput('scale', 'channels'),
      optionalInput('shift', 'channels'),
      size('rows'),
      size('channels'),
      size('places'),
      scalar('epsilon'),
    ],
    rules: ['places >= 1'],
    split: splitByKernel('outputs'),
    flops: '7 * rows * channels * places',
    cost: 'rows * channels * places / 6',
  }),
  /**
   * The gradient of batchNormForward through the batch's statistics. With x' = (x - mean) / √(variance + epsilon) and
   * M = rows · places: dScale = Σ dy · x' + beta · dScale; dShift = Σ dy + beta · dShift;
   * dx = scale / √(variance + epsilon) · (dy - Σ dy / M - x' · Σ(dy · x') / M).
   */
  batchNormBackward: kernel({
    parameters: [
      out('dx', all),
      inout('dScale', 'channels'),
      inout('dShift', 'channels'),
      input('dy', all),
      input('x', all),
      input('mean', 'channels'),
      input('variance', 'channels'),
      optionalInput('scale', 'channels'),
      size('rows'),
      size('channels'),
      size('places'),
      scalar('epsilon'),
      optionalScalar('beta', 0),
    ],
    rules: ['places >= 1'],
    split: splitByKernel('outputs'),
    flops: '9 * rows * channels * places',
    cost: 'rows * channels * places / 4',
  }),
  /** y = (x - mean) / √(variance + epsilon) · scale (1) + shift (0), by given statistics: in evaluation. */
  batchNormEvaluate: kernel({
    parameters: [
      out('y', all, { inPlaceOf: ['x'] }),
      input('x', all),
      input('mean', 'channels'),
      input('variance', 'channels'),
      optionalInput('scale', 'channels'),
      optionalInput('shift', 'channels'),
      size('rows'),
      size('channels'),
      size('places'),
      scalar('epsilon'),
    ],
    rules: ['places >= 1'],
    split: splitRows('rows'),
    flops: '3 * rows * channels * places',
    cost: 'rows * channels * places / 12 + channels',
  }),
  /**
   * runningMean += momentum · (mean - runningMean), likewise the variance, which counts `count` elements: with
   * `unbiased` it is taken times count / (count - 1). As PyTorch's BatchNorm. Fewer than two elements have no variance:
   * nothing is moved then.
   */
  batchNormUpdate: kernel({
    parameters: [
      inout('runningMean', 'channels'),
      inout('runningVariance', 'channels'),
      input('mean', 'channels'),
      input('variance', 'channels'),
      size('channels'),
      size('count'),
      scalar('momentum'),
      optionalSize('unbiased', 1),
    ],
    rules: ['unbiased <= 1'],
    split: { by: 'outputs', units: 'channels', block: 64 },
    flops: '7 * channels',
    cost: 'channels',
  }),
} as const
