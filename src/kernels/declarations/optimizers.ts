// Optimizer steps: one pass over a stretch of parameters and its moments.

import { inout, input, kernel, optionalScalar, optionalSize, scalar, size, splitBlocks } from '../declaration.js'

export const optimizers = {
  /** parameters -= lr · (gradients + weightDecay · parameters). */
  sgdStep: kernel({
    parameters: [
      inout('parameters', 'n'),
      input('gradients', 'n'),
      size('n'),
      scalar('lr'),
      optionalScalar('weightDecay', 0),
    ],
    split: splitBlocks('n'),
    flops: '4 * n',
    cost: 'n / 6',
  }),
  /**
   * g = gradients + weightDecay · parameters; velocity = momentum · velocity + g; parameters -= lr · velocity, or, with
   * `nesterov`, lr · (g + momentum · velocity). As PyTorch's SGD.
   */
  momentumStep: kernel({
    parameters: [
      inout('parameters', 'n'),
      inout('velocity', 'n'),
      input('gradients', 'n'),
      size('n'),
      optionalSize('nesterov', 0),
      scalar('lr'),
      scalar('momentum'),
      optionalScalar('weightDecay', 0),
    ],
    rules: ['nesterov <= 1'],
    split: splitBlocks('n'),
    flops: '6 * n',
    cost: 'n / 3',
  }),
  /**
   * g = gradients + weightDecay · parameters; squares += g²; parameters -= lr · g / (√squares + epsilon)
   * (Duchi, Hazan, Singer 2011).
   */
  adagradStep: kernel({
    parameters: [
      inout('parameters', 'n'),
      inout('squares', 'n'),
      input('gradients', 'n'),
      size('n'),
      scalar('lr'),
      scalar('epsilon'),
      optionalScalar('weightDecay', 0),
    ],
    split: splitBlocks('n'),
    flops: '8 * n',
    cost: 'n / 3',
  }),
  /**
   * g = gradients + weightDecay · parameters; squares = alpha · squares + (1 - alpha) · g²;
   * parameters -= lr · g / (√squares + epsilon) (Tieleman and Hinton 2012).
   */
  rmspropStep: kernel({
    parameters: [
      inout('parameters', 'n'),
      inout('squares', 'n'),
      input('gradients', 'n'),
      size('n'),
      scalar('lr'),
      scalar('alpha'),
      scalar('epsilon'),
      optionalScalar('weightDecay', 0),
    ],
    split: splitBlocks('n'),
    flops: '10 * n',
    cost: 'n / 3',
  }),
  /**
   * g = gradients + weightDecay · parameters; mean = beta1 · mean + (1 - beta1) · g;
   * squares = beta2 · squares + (1 - beta2) · g²;
   * parameters = (1 - shrink) · parameters - lr · mean / (√squares · rootScale + epsilon).
   * Adam (Kingma and Ba 2015) as in PyTorch: lr is the rate / (1 - beta1^t), rootScale is 1 / √(1 - beta2^t). AdamW
   * (Loshchilov and Hutter 2019): weightDecay 0, shrink is rate · decay.
   */
  adamStep: kernel({
    parameters: [
      inout('parameters', 'n'),
      inout('mean', 'n'),
      inout('squares', 'n'),
      input('gradients', 'n'),
      size('n'),
      scalar('lr'),
      scalar('beta1'),
      scalar('beta2'),
      scalar('rootScale'),
      scalar('epsilon'),
      optionalScalar('weightDecay', 0),
      optionalScalar('shrink', 0),
    ],
    split: splitBlocks('n'),
    flops: '14 * n',
    cost: 'n / 2',
  }),
  /** averages += share · (parameters - averages): a running average of parameters that keeps 1 - share of itself. */
  averageStep: kernel({
    parameters: [inout('averages', 'n'), input('parameters', 'n'), size('n'), scalar('share')],
    split: splitBlocks('n'),
    flops: '3 * n',
    cost: 'n / 8',
  }),
} as const
