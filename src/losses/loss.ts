// Loss: a number per sample, and the gradient of the prediction from the gradient of those numbers.

import { checkOptions, describe, netwrightError } from '../errors.js'
import { eagerKernels, floatTypeOf } from '../kernels/default-backend.js'
import { Node, Pass } from '../layers/node.js'
import { requireSameRows } from '../layers/same-rows.js'
import type { TensorLike } from '../tensor/create.js'
import { tensor } from '../tensor/create.js'
import { checkLabels } from '../tensor/labels.js'
import { type Shape, shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

/** `labels`: class numbers (N), int32. `dense`: a row per sample. */
export type TargetKind = 'labels' | 'dense'

const reductions = ['mean', 'sum', 'none'] as const
/** What becomes of the numbers of a batch's samples: their mean, their sum, or nothing: they are the result. */
export type Reduction = (typeof reductions)[number]
/** What `forward()` of a loss with reduction `R` answers. */
export type Reduced<R extends Reduction> = R extends 'none' ? Tensor : number

/** Options of every loss. */
export interface LossOptions<R extends Reduction = Reduction> {
  /**
   * `'mean'` (default) or `'sum'` over the samples of a batch; by hand also `'none'`: a number per sample, (N). What
   * `fit` and `evaluate` report is the mean per sample in either case.
   */
  readonly reduction?: R
}

/**
 * A loss gives one number per sample; the loss of a batch is their mean or their sum. Labels and dense targets are told
 * apart by rank, never by size. `Result` is what forward() answers: a number, or with reduction 'none' a tensor (N).
 *
 * A loss of your own extends this class and implements `checkShapes`, `compute` and `differentiate`.
 */
export abstract class Loss<Result extends number | Tensor = number> {
  abstract readonly name: string
  /** Whether the arg-max of the prediction is a class, so that accuracy means something. */
  abstract readonly classifies: boolean
  /** Whether the prediction is logits: a model for it does not end in a softmax or sigmoid, which the loss contains. */
  readonly takesLogits: boolean = false
  /**
   * Targets above this are a yes, as outputs above 0 are; undefined where outputs answer no yes-or-no questions. A model
   * with one output then has two classes for metrics.
   */
  readonly yesAbove: number | undefined = undefined
  /** The label of samples that count for nothing, in the loss as in accuracy; undefined where there is none. */
  readonly ignoreIndex: number | undefined = undefined
  /** The least and the largest target that means something; `fit` and `evaluate` refuse others. Default: any. */
  readonly targetRange: readonly [least: number, most: number] | undefined = undefined
  readonly reduction: Reduction
  #byHand: { readonly node: Node; readonly rows: number } | undefined

  /** Throws ERR_ARGUMENT for an unknown reduction. */
  constructor(reduction: Reduction = 'mean') {
    if (!reductions.includes(reduction)) {
      throw netwrightError(
        'ERR_ARGUMENT',
        `${this.constructor.name}: reduction is ${describe(reduction)}, expected 'mean', 'sum' or 'none'`,
        'TypeError',
      )
    }
    this.reduction = reduction
  }

  /** Throws ERR_SHAPE unless predictions and targets of these shapes (without the batch axis) fit together. */
  abstract checkShapes(prediction: Shape, kind: TargetKind, target: Shape): void

  /** losses (rows) from prediction and target, both with the batch axis. */
  abstract compute(node: Node, prediction: Tensor, target: Tensor): Tensor

  /** The gradient of the prediction from the gradient of each sample's loss, (rows). */
  abstract differentiate(node: Node, gradients: Tensor): Tensor

  /** Labels are whole numbers from 0 below this (or `ignoreIndex`), for a prediction of this shape without the batch axis. */
  labelCount(prediction: Shape): number {
    return prediction[0] ?? 0
  }

  /** What a batch's sum is divided by; 1 / this is the gradient of each sample's loss, where backward begins. */
  seedDivisor(rows: number): number {
    return this.reduction === 'mean' ? rows : 1
  }

  /**
   * By hand: the loss of a batch; with reduction 'none' that of each sample, (N). Computes in float64 when `prediction`
   * is a float64 tensor, else in the default backend's float type.
   * Throws ERR_SHAPE where prediction and target do not fit, ERR_LABEL for a label that is none, ERR_DATA for an empty
   * batch.
   */
  forward(prediction: TensorLike, target: TensorLike): Result {
    // Also where this pass fails: backward() must not go on with the one before.
    this.#byHand = undefined
    const kernels = eagerKernels(floatTypeOf(prediction))
    const given = toReal(prediction, kernels.real)
    const wanted = toTarget(this.name, target, kernels.real)
    const rows = requireSameRows(this.name, [given, wanted])
    this.checkShapes(given.shape.slice(1), wanted.rank === 1 ? 'labels' : 'dense', wanted.shape.slice(1))
    if (rows === 0) throw netwrightError('ERR_DATA', `${this.name}: the batch is empty`, 'RangeError')
    if (wanted.rank === 1) this.#checkRange(wanted, this.labelCount(given.shape.slice(1)))
    const node = new Node(new Pass(kernels, true), this.name, [true])
    const losses = this.compute(node, given, wanted)
    this.#byHand = { node, rows }
    if (this.reduction === 'none') return losses as Result
    const reduced = kernels.empty([1])
    kernels.sum({ sums: reduced, x: losses, n: rows, divisor: this.seedDivisor(rows) })
    return reduced.item() as Result
  }

  /**
   * By hand: the gradient of the last forward()'s result with respect to the prediction, times `gradient` (default 1):
   * a number, or with reduction 'none' one for each sample, (N). Throws ERR_STATE without a forward(), ERR_SHAPE for a
   * gradient of another shape than the result.
   */
  backward(gradient: TensorLike = 1): Tensor {
    if (this.#byHand === undefined) {
      throw netwrightError('ERR_STATE', `${this.name}: backward() was called before forward()`)
    }
    const { node, rows } = this.#byHand
    if (typeof gradient === 'number') {
      const gradients = node.empty([rows])
      node.kernels.fill({ y: gradients, n: rows, value: gradient, divisor: this.seedDivisor(rows) })
      return this.differentiate(node, gradients)
    }
    const gradients = toReal(gradient, node.kernels.real)
    const [length] = gradients.shape
    if (this.reduction !== 'none' || gradients.rank !== 1 || length !== rows) {
      const expected = this.reduction === 'none' ? `a number or one for each sample, (${rows},)` : 'a number'
      throw netwrightError(
        'ERR_SHAPE',
        `${this.name}: the gradient has shape ${shapeText(gradients.shape)}, expected ${expected} ` +
          `(reduction '${this.reduction}')`,
        'RangeError',
      )
    }
    return this.differentiate(node, gradients)
  }

  #checkRange({ data }: Tensor, count: number): void {
    const sample = data.findIndex((label) => label >= count && label !== this.ignoreIndex)
    if (sample < 0) return
    throw netwrightError(
      'ERR_LABEL',
      `${this.name}: label of sample ${sample} is ${data[sample]}, expected an integer from 0 below ${count}`,
      'RangeError',
    )
  }
}

/** `value` as a loss of one number; throws ERR_ARGUMENT for anything else. */
export function requireLoss(where: string, value: unknown): Loss {
  if (value instanceof Loss && value.reduction !== 'none') return value
  if (value instanceof Loss) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: the reduction of ${value.name} is 'none', expected 'mean' or 'sum': a gradient needs one number`,
    )
  }
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: loss is ${describe(value)}, expected a loss such as crossEntropy()`,
    'TypeError',
  )
}

/** `reduction` of a loss's options, after checking that there are none but it and `others`. */
export function checkLossOptions(where: string, options: LossOptions, others: readonly string[] = []): Reduction {
  checkOptions(where, options, [...others, 'reduction'])
  return options.reduction ?? 'mean'
}

/** Labels (rank 1) as int32, anything else as real numbers. */
function toTarget(where: string, target: TensorLike, real: 'float32' | 'float64'): Tensor {
  const given = target instanceof Tensor ? target : tensor(target, undefined, { element: real })
  if (given.rank !== 1) return toReal(given, real)
  checkLabels(where, given.data)
  return given.element === 'int32' ? given : new Tensor(Int32Array.from(given.data), given.shape)
}
