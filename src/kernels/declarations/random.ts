// Counter-based random numbers: equal on every backend, ISA and split.

import { input, kernel, out, scalar, size, splitBlocks } from '../declaration.js'

export const random = {
  /**
   * y[i] = uniform in [0, 1) from Philox4x32-10: counter (i div 4, stream, step low, step high), key (seed low, seed
   * high), word i mod 4, its upper 24 bits · 2^-24. Equal on every backend, ISA and split.
   */
  randomUniform: kernel({
    parameters: [out('y', 'n'), size('n'), size('seed'), size('stream'), size('step')],
    rules: ['stream <= 4294967295'],
    split: splitBlocks('n'),
    flops: '15 * n',
    cost: 'n * 2',
  }),
  /**
   * y[i] = scale · x[i] where element i of randomUniform with the same seed, stream and step is at least `probability`,
   * else 0. The backward pass is the same call on the gradient: no mask is kept.
   */
  dropout: kernel({
    parameters: [
      out('y', 'n', { inPlaceOf: ['x'] }),
      input('x', 'n'),
      size('n'),
      size('seed'),
      size('stream'),
      size('step'),
      scalar('probability'),
      scalar('scale'),
    ],
    rules: ['stream <= 4294967295'],
    split: splitBlocks('n'),
    flops: '17 * n',
    cost: 'n * 2',
  }),
} as const
