// What the losses share that compare prediction and target element by element, and add or average over a row.

import { netwrightError } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import type { Node } from '../layers/node.js'
import { type Shape, sameShape, shapeText, sizeOf } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Loss, type Reduction, type TargetKind } from './loss.js'
import { RealConstant } from './real-constant.js'

interface RowArguments {
  readonly prediction: Tensor
  readonly target: Tensor
  readonly rows: number
  readonly cols: number
  readonly scale: number
}
export type RowForward = RowArguments & { readonly losses: Tensor }
export type RowBackward = RowArguments & { readonly dprediction: Tensor; readonly dlosses: Tensor }

/** losses (rows) = scale · Σ f(prediction, target) over each row; both are of the same shape, (N, …). */
export abstract class ElementwiseLoss<Result extends number | Tensor> extends Loss<Result> {
  readonly classifies: boolean = false
  readonly #labelValues: RealConstant | undefined

  /** `labelValues`: the targets that labels 0 and 1 stand for, for a model with one output; default none. */
  constructor(reduction: Reduction, labelValues?: readonly [number, number]) {
    super(reduction)
    if (labelValues !== undefined) this.#labelValues = new RealConstant(labelValues)
  }

  /** What a row's sum is multiplied by; default 1 / cols, the mean over the outputs. */
  protected scale(cols: number): number {
    return 1 / cols
  }

  /** losses (rows) = scale · Σ f over the row. */
  protected abstract measure(kernels: Kernels, args: RowForward): void
  /** dprediction (rows,cols) = dlosses (rows) · scale · f'. */
  protected abstract derive(kernels: Kernels, args: RowBackward): void

  /** Labels are 0 or 1, for one output. */
  override labelCount(): number {
    return 2
  }

  checkShapes(prediction: Shape, kind: TargetKind, target: Shape): void {
    const fail = (problem: string): never => {
      throw netwrightError('ERR_SHAPE', `${this.name}: ${problem}`, 'RangeError')
    }
    if (prediction.length === 0) fail('predictions have shape (samples,), expected (samples, outputs)')
    const row = shapeText(prediction)
    if (kind === 'dense') {
      if (sameShape(prediction, target)) return
      fail(`targets of shape ${shapeText(target)} (without the batch axis), expected ${row} as the predictions`)
    }
    const oneOutput = sizeOf(prediction) === 1
    if (oneOutput && this.#labelValues !== undefined) return
    const remedy = oneOutput ? 'reshape y to (samples, 1)' : 'for class numbers use crossEntropy()'
    fail(`targets are labels, y of shape (samples,), expected a row of shape ${row} for each sample; ${remedy}`)
  }

  compute(node: Node, prediction: Tensor, given: Tensor): Tensor {
    const rows = prediction.shape[0] as number
    const cols = sizeOf(prediction.shape.slice(1))
    const target = given.rank === 1 ? this.#valuesOf(node, given) : given
    const losses = node.empty([rows])
    this.measure(node.kernels, { losses, prediction, target, rows, cols, scale: this.scale(cols) })
    node.save(prediction, target)
    return losses
  }

  differentiate(node: Node, dlosses: Tensor): Tensor {
    const [prediction, target] = node.saved as readonly [Tensor, Tensor]
    const rows = prediction.shape[0] as number
    const cols = sizeOf(prediction.shape.slice(1))
    const dprediction = node.empty(prediction.shape)
    this.derive(node.kernels, { dprediction, dlosses, prediction, target, rows, cols, scale: this.scale(cols) })
    return dprediction
  }

  /** The targets (rows,1) that labels stand for: a look-up, which is what sampleWeights does. */
  #valuesOf(node: Node, labels: Tensor): Tensor {
    const rows = labels.shape[0] as number
    const values = node.empty([rows, 1])
    const classWeights = this.#labelValues?.of(node.kernels.real)
    node.kernels.sampleWeights({
      weights: values,
      labels,
      classWeights,
      rows,
      classes: this.labelCount(),
      normalize: 0,
    })
    return values
  }
}
