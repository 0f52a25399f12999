// What the losses on class labels share: weights of classes, and a label that counts for nothing.

import { describe, netwrightError, requireNumber } from '../errors.js'
import type { Node } from '../layers/node.js'
import { isNumberArray, type NumberArray } from '../tensor/nested.js'
import { type Shape, shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkLossOptions, Loss, type LossOptions, type Reduction, type TargetKind } from './loss.js'
import { RealConstant } from './real-constant.js'

export interface ClassificationOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /**
   * A weight from 0 for each class: the loss of a sample counts as much as its label's class weighs. The mean of a
   * batch is then Σ weight · loss / Σ weight, as in PyTorch (0 where all weigh 0). Needs labels.
   */
  readonly classWeights?: readonly number[] | NumberArray
  /** A label, a whole number from 0, whose samples weigh 0: they may be of no class of the model. Needs labels. */
  readonly ignoreIndex?: number
}

/** A loss whose prediction has a number for each class, (N,C), and whose targets may be labels (N). */
export abstract class ClassificationLoss<Result extends number | Tensor> extends Loss<Result> {
  readonly classifies = true
  override readonly ignoreIndex: number | undefined = undefined
  /** What the numbers of the prediction are, in errors: `logits`. */
  protected abstract readonly scores: string
  readonly #classWeights: RealConstant | undefined

  constructor(where: string, options: ClassificationOptions, others: readonly string[] = []) {
    super(checkLossOptions(where, options, [...others, 'classWeights', 'ignoreIndex']))
    const { classWeights, ignoreIndex } = options
    if (classWeights !== undefined) this.#classWeights = new RealConstant(checkWeights(where, classWeights))
    if (ignoreIndex !== undefined) {
      const isLabel = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 31
      const expected = 'a label, a whole number from 0 (such as 255 for samples without a class)'
      this.ignoreIndex = requireNumber(`${where}: ignoreIndex`, ignoreIndex, expected, isLabel)
    }
  }

  /** Whether dense targets, rows (N,C), will do as well. */
  protected abstract readonly takesRows: boolean

  checkShapes(prediction: Shape, kind: TargetKind, target: Shape): void {
    const [classes] = prediction
    const fail = (problem: string): never => {
      throw netwrightError('ERR_SHAPE', `${this.name}: ${problem}`, 'RangeError')
    }
    if (prediction.length === 1 && classes === 1) {
      fail('the model has 1 output, expected one for each class: 2 for a yes-or-no question, or binaryCrossEntropy()')
    }
    const fits = kind === 'labels' || (this.takesRows && target.length === 1 && target[0] === classes)
    if (prediction.length !== 1 || !fits) {
      fail(
        `predictions of shape ${shapeText(prediction)} and ${kind} targets of shape ${shapeText(target)} ` +
          `(without the batch axis) do not fit; expected ${this.scores} (C,), and as targets class numbers, ` +
          `y of shape (samples,)${this.takesRows ? ', or a row (C,) of probabilities for each sample' : ''}`,
      )
    }
    const weights = this.#classWeights?.values.length
    const weighs = weights !== undefined ? 'classWeights' : this.ignoreIndex !== undefined ? 'ignoreIndex' : undefined
    if (kind === 'dense' && weighs !== undefined) {
      fail(`${weighs} needs class numbers as targets, y of shape (samples,), got rows of shape ${shapeText(target)}`)
    }
    if (weights !== undefined && weights !== classes) {
      fail(`classWeights has ${weights} weights, expected one for each of the ${classes} outputs of the model`)
    }
  }

  /** The weight (rows) of each sample; undefined where all weigh 1. */
  protected weightsOf(node: Node, labels: Tensor, classes: number): Tensor | undefined {
    if (this.#classWeights === undefined && this.ignoreIndex === undefined) return undefined
    const { kernels } = node
    const [rows] = labels.shape as [number]
    const weights = node.empty([rows])
    const classWeights = this.#classWeights?.of(kernels.real)
    const normalize = this.reduction === 'mean' ? 1 : 0
    kernels.sampleWeights({ weights, labels, classWeights, rows, classes, ignore: this.ignoreIndex, normalize })
    return weights
  }
}

function checkWeights(where: string, weights: unknown): readonly number[] {
  if ((!Array.isArray(weights) && !isNumberArray(weights)) || weights.length === 0) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: classWeights is ${describe(weights)}, expected a list with a number for each class`,
      'TypeError',
    )
  }
  return Array.from(weights as ArrayLike<unknown>, (weight, i) =>
    requireNumber(`${where}: classWeights[${i}]`, weight, 'a finite number from 0', (value) => value >= 0),
  )
}
