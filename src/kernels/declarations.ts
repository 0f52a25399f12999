// The one list of kernels. From it come the C++ argument structs and checks (scripts/generate-kernels.mjs), the
// `Kernels` interface (kernels.ts), the reference's checks, the recorder, and the texts of errors.
// Order of parameters: outputs, inputs, sizes, scalars.

import {
  type DeclaredFailure,
  type Element,
  index,
  inout,
  input,
  kernel,
  optionalInput,
  optionalScalar,
  optionalSize,
  out,
  scalar,
  serial,
  size,
  splitBlocks,
  splitByKernel,
  splitOutputs,
  splitRows,
} from './declaration.js'

const orderFailure: DeclaredFailure = {
  kind: 'order',
  text: 'order[{row}] is {value}, expected an integer from 0 below {samples}',
}
const labelFailure: DeclaredFailure = {
  kind: 'label',
  text: 'labels[{row}] is {value}, expected an integer from 0 below {classes}',
}

/** gatherBytes and gatherReals: the same but for the element of the data. */
function gatherRows(element: Element) {
  return kernel({
    parameters: [
      out('y', 'rows * cols'),
      input('data', 'samples * cols', { element }),
      index('order', 'length'),
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
    cost: 'rows * cols / 4',
    failures: [orderFailure],
  })
}

export const declarations = {
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
    cost: 'm * n * k / 30',
  }),
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
    cost: 'rows * cols / 8',
  }),
  /** y = max(0, x); NaN stays NaN. */
  reluForward: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['x'] }), input('x', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 8',
  }),
  /** dx = dy where y > 0, else 0. `y` is the output of reluForward. */
  reluBackward: kernel({
    parameters: [out('dx', 'n', { inPlaceOf: ['dy'] }), input('dy', 'n'), input('y', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 8',
  }),
  /** y = 1 / (1 + e^-x), without overflow for any x. */
  sigmoidForward: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['x'] }), input('x', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n',
  }),
  /** dx = dy · y · (1 - y). `y` is the output of sigmoidForward. */
  sigmoidBackward: kernel({
    parameters: [out('dx', 'n', { inPlaceOf: ['dy'] }), input('dy', 'n'), input('y', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 8',
  }),
  /**
   * probabilities (rows,classes) = softmax of each row of logits; losses (rows) = -ln probability of its label,
   * computed as ln Σ e^(x - max) - (x[label] - max), which never takes the logarithm of 0.
   */
  softmaxCrossEntropyForward: kernel({
    parameters: [
      out('losses', 'rows'),
      out('probabilities', 'rows * classes'),
      input('logits', 'rows * classes'),
      index('labels', 'rows'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    cost: 'rows * classes * 2 + rows * 20',
    failures: [labelFailure],
  }),
  /** dlogits (rows,classes) = dlosses (rows) · (probabilities - one-hot of the label). */
  softmaxCrossEntropyBackward: kernel({
    parameters: [
      out('dlogits', 'rows * classes', { inPlaceOf: ['probabilities'] }),
      input('dlosses', 'rows'),
      input('probabilities', 'rows * classes'),
      index('labels', 'rows'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    cost: 'rows * classes / 4 + rows * 4',
    failures: [labelFailure],
  }),
  /** As softmaxCrossEntropyForward, with a row of target weights (one-hot or soft) in place of a label: -Σ t · ln p. */
  softmaxCrossEntropyDenseForward: kernel({
    parameters: [
      out('losses', 'rows'),
      out('probabilities', 'rows * classes'),
      input('logits', 'rows * classes'),
      input('targets', 'rows * classes'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    cost: 'rows * classes * 2 + rows * 20',
  }),
  /** dlogits = dlosses · (probabilities · Σ targets - targets), row by row. */
  softmaxCrossEntropyDenseBackward: kernel({
    parameters: [
      out('dlogits', 'rows * classes', { inPlaceOf: ['probabilities'] }),
      input('dlosses', 'rows'),
      input('probabilities', 'rows * classes'),
      input('targets', 'rows * classes'),
      size('rows'),
      size('classes'),
    ],
    rules: ['classes >= 1'],
    split: splitRows('rows'),
    cost: 'rows * classes / 2 + rows * 4',
  }),
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
    cost: 'n / 6',
  }),
  /** y (rows,cols) = data[order[cursor + r]] · scale + shift, row by row; data is (samples,cols) bytes. */
  gatherBytes: gatherRows('uint8'),
  /** As gatherBytes, for data that is already real. */
  gatherReals: gatherRows('real'),
  /** y (rows) = data[order[cursor + r]], integers. */
  gatherLabels: kernel({
    parameters: [
      out('y', 'rows', { element: 'int32' }),
      input('data', 'samples', { element: 'int32' }),
      index('order', 'length'),
      size('rows'),
      size('samples'),
      size('length'),
      size('cursor'),
    ],
    rules: ['cursor + rows <= length'],
    split: serial,
    cost: 'rows',
    failures: [orderFailure],
  }),
  /** y (rows) = column of the first largest value in each row of x (rows,cols); NaN counts as largest, as in NumPy. */
  argMax: kernel({
    parameters: [out('y', 'rows', { element: 'int32' }), input('x', 'rows * cols'), size('rows'), size('cols')],
    rules: ['cols >= 1'],
    split: splitRows('rows'),
    cost: 'rows * cols',
  }),
  /** counts[at] = number of rows whose label equals the arg-max of scores (rows,classes). */
  countCorrect: kernel({
    parameters: [
      inout('counts', 'length'),
      input('scores', 'rows * classes'),
      index('labels', 'rows'),
      size('rows'),
      size('classes'),
      optionalSize('at', 0),
      optionalSize('length', 1),
    ],
    rules: ['classes >= 1', 'at < length'],
    split: serial,
    cost: 'rows * classes',
    failures: [labelFailure],
  }),
  /** sums[at] = Σ x (n) / divisor, added in fixed blocks, in double precision. */
  sum: kernel({
    parameters: [
      inout('sums', 'length'),
      input('x', 'n'),
      size('n'),
      optionalSize('at', 0),
      optionalSize('length', 1),
      optionalSize('divisor', 1),
    ],
    rules: ['at < length', 'divisor >= 1'],
    split: serial,
    cost: 'n / 2',
  }),
  /** y = a + b. */
  add: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['a', 'b'] }), input('a', 'n'), input('b', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 8',
  }),
  /** y = a · b, element by element. */
  mul: kernel({
    parameters: [out('y', 'n', { inPlaceOf: ['a', 'b'] }), input('a', 'n'), input('b', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 8',
  }),
  /** y = value / divisor. The divisor is a size, so that 1/rows follows the rows of a recorded step. */
  fill: kernel({
    parameters: [out('y', 'n'), size('n'), optionalSize('divisor', 1), scalar('value')],
    rules: ['divisor >= 1'],
    split: splitBlocks('n'),
    cost: 'n / 16',
  }),
  /** Writes nothing; fails at the first element of x (n) that is NaN or infinite. */
  checkFinite: kernel({
    parameters: [input('x', 'n'), size('n')],
    split: splitBlocks('n'),
    cost: 'n / 16',
    failures: [{ kind: 'notFinite', text: 'x[{row}] is {value}, expected a finite number' }],
  }),
  /**
   * y[i] = uniform in [0, 1) from Philox4x32-10: counter (i div 4, stream, step low, step high), key (seed low, seed
   * high), word i mod 4, its upper 24 bits · 2^-24. Equal on every backend, ISA and split.
   */
  randomUniform: kernel({
    parameters: [out('y', 'n'), size('n'), size('seed'), size('stream'), size('step')],
    rules: ['stream <= 4294967295'],
    split: splitBlocks('n'),
    cost: 'n * 2',
  }),
} as const

export type KernelName = keyof typeof declarations
export const kernelNames = Object.keys(declarations) as KernelName[]

/** A short text that changes whenever a declaration does: the addon carries the one that it was built from. */
export function fingerprint(list: object): string {
  let hash = 0xcbf29ce484222325n // FNV-1a, 64 bit
  for (const character of JSON.stringify(list)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) as number)) * 0x100000001b3n)
  }
  return hash.toString(16)
}
