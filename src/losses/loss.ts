// Loss: a number per sample, and the gradient of the prediction from the gradient of those numbers.

import { netwrightError } from '../errors.js'
import { defaultBackend } from '../kernels/default-backend.js'
import { Node, Pass } from '../layers/node.js'
import { requireSameRows } from '../layers/same-rows.js'
import type { TensorLike } from '../tensor/create.js'
import { tensor } from '../tensor/create.js'
import { checkLabels } from '../tensor/labels.js'
import type { Shape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { toReal } from '../tensor/to-real.js'

/** `labels`: class numbers (N), int32. `dense`: a row per sample. */
export type TargetKind = 'labels' | 'dense'

/**
 * A loss gives one number per sample; the loss of a batch is their mean. Labels and dense targets are told apart by
 * rank, never by size.
 */
export abstract class Loss {
  abstract readonly name: string
  /** Whether the arg-max of the prediction is a class, so that accuracy means something. */
  abstract readonly classifies: boolean
  #byHand: { readonly node: Node; readonly rows: number } | undefined

  /** Throws ERR_SHAPE unless predictions and targets of these shapes (without the batch axis) fit together. */
  abstract checkShapes(prediction: Shape, kind: TargetKind, target: Shape): void

  /** losses (rows) from prediction and target, both with the batch axis. */
  abstract compute(node: Node, prediction: Tensor, target: Tensor): Tensor

  /** The gradient of the prediction from the gradient of each sample's loss, (rows). */
  abstract differentiate(node: Node, gradients: Tensor): Tensor

  /** By hand: the mean loss of a batch. Uses the default backend. */
  forward(prediction: TensorLike, target: TensorLike): number {
    const { kernels } = defaultBackend()
    const given = toReal(prediction, kernels.real)
    const wanted = toTarget(this.name, target, kernels.real)
    const rows = requireSameRows(this.name, [given, wanted])
    this.checkShapes(given.shape.slice(1), wanted.rank === 1 ? 'labels' : 'dense', wanted.shape.slice(1))
    if (rows === 0) throw netwrightError('ERR_DATA', `${this.name}: the batch is empty`, 'RangeError')
    const node = new Node(new Pass(kernels, true), this.name, [true])
    this.#byHand = { node, rows }
    const losses = this.compute(node, given, wanted)
    const mean = kernels.empty([1])
    kernels.sum({ sums: mean, x: losses, n: rows, divisor: rows })
    return mean.item()
  }

  /**
   * By hand: the gradient of the mean loss of the last forward(), times `gradient` (default 1), with respect to the
   * prediction. Throws ERR_STATE without a forward().
   */
  backward(gradient = 1): Tensor {
    if (this.#byHand === undefined) {
      throw netwrightError('ERR_STATE', `${this.name}: backward() was called before forward()`)
    }
    const { node, rows } = this.#byHand
    const gradients = node.empty([rows])
    node.kernels.fill({ y: gradients, n: rows, value: gradient, divisor: rows })
    return this.differentiate(node, gradients)
  }
}

/** Labels (rank 1) as int32, anything else as real numbers. */
function toTarget(where: string, target: TensorLike, real: 'float32' | 'float64'): Tensor {
  const given = target instanceof Tensor ? target : tensor(target)
  if (given.rank !== 1) return toReal(given, real)
  checkLabels(where, given.data)
  return given.element === 'int32' ? given : new Tensor(Int32Array.from(given.data), given.shape)
}
