// Activations and their gradients.

import { input, kernel, out, type ScalarParameter, scalar, size, splitBlocks, splitRows } from '../declaration.js'

/** y (n) from x (n), element by element, in so many operations each. */
function forward<const Extra extends readonly ScalarParameter[]>(operations: number, cost: string, ...extra: Extra) {
  return kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['x'] }), input('x', 'n'), size('n'), ...extra],
    split: splitBlocks('n', 'samples'),
    flops: `${operations} * n`,
    cost,
  })
}

/** dx (n) from dy (n) and what the forward pass kept: its input x or its output y. */
function backward<const Kept extends 'x' | 'y', const Extra extends readonly ScalarParameter[]>(
  kept: Kept,
  operations: number,
  cost: string,
  ...extra: Extra
) {
  return kernel({
    parameters: [out('dx', 'n', { inPlaceOf: ['dy'] }), input('dy', 'n'), input(kept, 'n'), size('n'), ...extra],
    split: splitBlocks('n', 'samples'),
    flops: `${operations} * n`,
    cost,
  })
}

export const activations = {
  /** y = max(0, x); NaN stays NaN. */
  reluForward: forward(1, 'n / 8'),
  /** dx = dy where y > 0, else 0. `y` is the output of reluForward. */
  reluBackward: backward('y', 1, 'n / 8'),
  /** y = 1 / (1 + e^-x), without overflow for any x. */
  sigmoidForward: forward(10, 'n'),
  /** dx = dy · y · (1 - y). `y` is the output of sigmoidForward. */
  sigmoidBackward: backward('y', 3, 'n / 8'),
  /** y = tanh x. */
  tanhForward: forward(14, 'n * 2'),
  /** dx = dy · (1 - y²). `y` is the output of tanhForward. */
  tanhBackward: backward('y', 4, 'n / 8'),
  /** y = x where x > 0, else slope · x; NaN stays NaN. */
  leakyReluForward: forward(2, 'n / 8', scalar('slope')),
  /** dx = dy where x > 0, else slope · dy. `x` is the input of leakyReluForward. */
  leakyReluBackward: backward('x', 2, 'n / 8', scalar('slope')),
  /** y = x where x > 0, else alpha · (e^x - 1). */
  eluForward: forward(12, 'n * 2', scalar('alpha')),
  /** dx = dy where y > 0, else dy · (y + alpha). `y` is the output of eluForward; alpha is from 0. */
  eluBackward: backward('y', 2, 'n / 8', scalar('alpha')),
  /** y = x · Φ(x), Φ the normal distribution function: (1 + erf(x / √2)) / 2 (Hendrycks and Gimpel 2016, exact form). */
  geluForward: forward(40, 'n * 3'),
  /** dx = dy · (Φ(x) + x · φ(x)), φ the normal density. `x` is the input of geluForward. */
  geluBackward: backward('x', 44, 'n * 4'),
  /** y = x · σ(x), σ the sigmoid. */
  siluForward: forward(11, 'n * 2'),
  /** dx = dy · σ(x) · (1 + x · (1 - σ(x))). `x` is the input of siluForward. */
  siluBackward: backward('x', 14, 'n * 2'),
  /** y = softmax of each row of x: e^(x - max) / Σ e^(x - max). */
  softmaxForward: kernel({
    parameters: [out('y', 'rows * cols', { inPlaceOf: ['x'] }), input('x', 'rows * cols'), size('rows'), size('cols')],
    split: splitRows('rows'),
    flops: '12 * rows * cols',
    cost: 'rows * cols * 2 + rows * 10',
  }),
  /** dx = y · (dy - Σ dy · y), row by row. `y` is the output of softmaxForward. */
  softmaxBackward: kernel({
    parameters: [
      out('dx', 'rows * cols', { inPlaceOf: ['dy'] }),
      input('dy', 'rows * cols'),
      input('y', 'rows * cols'),
      size('rows'),
      size('cols'),
    ],
    split: splitRows('rows'),
    flops: '4 * rows * cols',
    cost: 'rows * cols / 2 + rows * 10',
  }),
  /** y = ln softmax of each row of x, as x - max - ln Σ e^(x - max). */
  logSoftmaxForward: kernel({
    parameters: [out('y', 'rows * cols', { inPlaceOf: ['x'] }), input('x', 'rows * cols'), size('rows'), size('cols')],
    split: splitRows('rows'),
    flops: '12 * rows * cols',
    cost: 'rows * cols * 2 + rows * 10',
  }),
  /** dx = dy - e^y · Σ dy, row by row. `y` is the output of logSoftmaxForward. */
  logSoftmaxBackward: kernel({
    parameters: [
      out('dx', 'rows * cols', { inPlaceOf: ['dy'] }),
      input('dy', 'rows * cols'),
      input('y', 'rows * cols'),
      size('rows'),
      size('cols'),
    ],
    split: splitRows('rows'),
    flops: '12 * rows * cols',
    cost: 'rows * cols / 2 + rows * 10',
  }),
} as const
