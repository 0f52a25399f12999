// Losses, one number per row, and their gradients.

import {
  type DeclaredFailure,
  index,
  input,
  kernel,
  optionalInput,
  optionalScalar,
  optionalSize,
  out,
  type ScalarParameter,
  scalar,
  serial,
  size,
  splitRows,
} from '../declaration.js'

/** A class label that is none of the classes. */
export const labelFailure: DeclaredFailure = {
  kind: 'label',
  text: 'labels[{row}] is {value}, expected an integer from 0 below {classes}',
}

/** Rough nanoseconds of a row loss: of arithmetic alone, and with exponentials and logarithms. */
const cheap = 'rows * cols / 4 + rows * 5'
const dear = 'rows * cols * 2 + rows * 5'

const rowArguments = [
  input('prediction', 'rows * cols'),
  input('target', 'rows * cols'),
  size('rows'),
  size('cols'),
] as const

/**
 * A loss that adds up a row's elements, in so many operations each: losses (rows) from prediction and target
 * (rows,cols).
 */
function rowForward<const Extra extends readonly ScalarParameter[]>(operations: number, cost: string, ...extra: Extra) {
  return kernel({
    parameters: [out('losses', 'rows'), ...rowArguments, ...extra, optionalScalar('scale', 1)],
    split: splitRows('rows'),
    flops: `${operations} * rows * cols`,
    cost,
  })
}

/** And its gradient: dprediction (rows,cols) from dlosses (rows). */
function rowBackward<const Extra extends readonly ScalarParameter[]>(
  operations: number,
  cost: string,
  ...extra: Extra
) {
  return kernel({
    parameters: [
      out('dprediction', 'rows * cols'),
      input('dlosses', 'rows'),
      ...rowArguments,
      ...extra,
      optionalScalar('scale', 1),
    ],
    split: splitRows('rows'),
    flops: `${operations} * rows * cols`,
    cost,
  })
}

export const losses = {
  /**
   * probabilities (rows,classes) = softmax of each row of logits; losses (rows) = weight · ((1 - smoothing) · -ln p of
   * the label + smoothing · mean over classes of -ln p), with -ln p = ln Σ e^(x - max) - (x - max), which never takes
   * the logarithm of 0. Without `weights` each weighs 1; where a weight is 0 the label is not read and the loss is 0.
   */
  softmaxCrossEntropyForward: kernel({
    parameters: [
      out('losses', 'rows'),
      out('probabilities', 'rows * classes'),
      input('logits', 'rows * classes'),
      index('labels', 'rows'),
      optionalInput('weights', 'rows'),
      size('rows'),
      size('classes'),
      optionalScalar('smoothing', 0),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: '12 * rows * classes',
    cost: 'rows * classes * 2 + rows * 20',
    failures: [labelFailure],
  }),
  /**
   * dlogits (rows,classes) = dlosses (rows) · weight · (probabilities - (1 - smoothing) · one-hot of the label
   * - smoothing / classes). Where a weight is 0, dlogits is 0 and the label is not read.
   */
  softmaxCrossEntropyBackward: kernel({
    parameters: [
      out('dlogits', 'rows * classes', { inPlaceOf: ['probabilities'] }),
      input('dlosses', 'rows'),
      input('probabilities', 'rows * classes'),
      index('labels', 'rows'),
      optionalInput('weights', 'rows'),
      size('rows'),
      size('classes'),
      optionalScalar('smoothing', 0),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: '2 * rows * classes',
    cost: 'rows * classes / 4 + rows * 4',
    failures: [labelFailure],
  }),
  /**
   * As softmaxCrossEntropyForward, with a row t of target weights (one-hot or soft) in place of a label: -Σ t' · ln p,
   * t' = (1 - smoothing) · t + smoothing / classes · Σ t.
   */
  softmaxCrossEntropyDenseForward: kernel({
    parameters: [
      out('losses', 'rows'),
      out('probabilities', 'rows * classes'),
      input('logits', 'rows * classes'),
      input('targets', 'rows * classes'),
      size('rows'),
      size('classes'),
      optionalScalar('smoothing', 0),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: '14 * rows * classes',
    cost: 'rows * classes * 2 + rows * 20',
  }),
  /** dlogits = dlosses · (probabilities · Σ t - t'), row by row, with t' as in softmaxCrossEntropyDenseForward. */
  softmaxCrossEntropyDenseBackward: kernel({
    parameters: [
      out('dlogits', 'rows * classes', { inPlaceOf: ['probabilities'] }),
      input('dlosses', 'rows'),
      input('probabilities', 'rows * classes'),
      input('targets', 'rows * classes'),
      size('rows'),
      size('classes'),
      optionalScalar('smoothing', 0),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: '4 * rows * classes',
    cost: 'rows * classes / 2 + rows * 4',
  }),
  /** losses (rows) = -weight · logProbabilities at the label. Where a weight is 0 the label is not read. */
  negativeLogLikelihoodForward: kernel({
    parameters: [
      out('losses', 'rows'),
      input('logProbabilities', 'rows * classes', { touched: 'rows' }),
      index('labels', 'rows'),
      optionalInput('weights', 'rows'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: 'rows',
    cost: 'rows * 5',
    failures: [labelFailure],
  }),
  /** dlogProbabilities (rows,classes) = -dlosses · weight at the label, else 0. */
  negativeLogLikelihoodBackward: kernel({
    parameters: [
      out('dlogProbabilities', 'rows * classes'),
      input('dlosses', 'rows'),
      index('labels', 'rows'),
      optionalInput('weights', 'rows'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    flops: 'rows',
    cost: 'rows * classes / 8 + rows * 4',
    failures: [labelFailure],
  }),
  /** losses (rows) = scale · Σ (prediction - target)², over the row. */
  squaredErrorForward: rowForward(3, cheap),
  /** dprediction = dlosses · scale · 2 · (prediction - target). */
  squaredErrorBackward: rowBackward(2, cheap),
  /** losses (rows) = scale · Σ |prediction - target|, over the row. */
  absoluteErrorForward: rowForward(3, cheap),
  /** dprediction = dlosses · scale · sign(prediction - target), 0 where they are equal. */
  absoluteErrorBackward: rowBackward(2, cheap),
  /** losses (rows) = scale · Σ h(d), d = prediction - target: h = d²/2 where |d| <= delta, else delta · (|d| - delta/2) (Huber 1964). */
  huberForward: rowForward(5, cheap, scalar('delta')),
  /** dprediction = dlosses · scale · (d where |d| <= delta, else delta · sign d). */
  huberBackward: rowBackward(4, cheap, scalar('delta')),
  /** losses (rows) = scale · Σ max(x, 0) - x · t + ln(1 + e^-|x|), x the logits and t the targets from 0 to 1. */
  binaryCrossEntropyForward: rowForward(25, dear),
  /** dprediction = dlosses · scale · (σ(x) - t), σ the sigmoid. */
  binaryCrossEntropyBackward: rowBackward(14, dear),
  /** losses (rows) = scale · Σ t · (ln t - prediction), over log-probabilities; a target of 0 adds 0. */
  klDivergenceForward: rowForward(20, dear),
  /** dprediction = -dlosses · scale · t. */
  klDivergenceBackward: rowBackward(2, cheap),
  /** losses (rows) = scale · Σ max(0, 1 - t · prediction), targets t being -1 or 1. */
  hingeForward: rowForward(4, cheap),
  /** dprediction = -dlosses · scale · t where 1 - t · prediction > 0, else 0. */
  hingeBackward: rowBackward(4, cheap),
  /**
   * weights (rows) = the weight of each label's class (1 without `classWeights`), 0 for the label `ignore` (NaN, the
   * default, is none); with `normalize`, times rows / Σ weights, so that their mean is 1 (all 0 where the sum is).
   */
  sampleWeights: kernel({
    parameters: [
      out('weights', 'rows'),
      index('labels', 'rows'),
      optionalInput('classWeights', 'classes'),
      size('rows'),
      size('classes'),
      optionalScalar('ignore', Number.NaN),
      optionalSize('normalize', 1),
    ],
    rules: ['classes >= 1', 'normalize <= 1'],
    split: serial,
    flops: '2 * rows',
    cost: 'rows * 3',
    failures: [labelFailure],
  }),
} as const
