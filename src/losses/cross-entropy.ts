// Softmax cross-entropy on logits: the book's SoftmaxWithLoss.

import { requireNumber } from '../errors.js'
import type { Node } from '../layers/node.js'
import type { Tensor } from '../tensor/tensor.js'
import { ClassificationLoss, type ClassificationOptions } from './classification-loss.js'
import type { Loss, Reduced, Reduction } from './loss.js'

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions<R extends Reduction = Reduction> extends ClassificationOptions<R> {
  /** Share of each target, from 0 to 1, that is spread evenly over all classes. Default 0. */
  readonly labelSmoothing?: number
}

/**
 * -ln softmax(logits)[label], or -Σ target · ln softmax(logits) for dense targets (one-hot rows, probabilities).
 * The prediction is logits (N,C): the model does not end in a softmax. Targets: labels (N), integers from 0 to C-1, or
 * rows (N,C). As PyTorch's `CrossEntropyLoss`, but for classWeights together with labelSmoothing: here the smoothed
 * loss of a sample as a whole weighs as its label does.
 *
 * Throws ERR_ARGUMENT for an unknown option or one out of range.
 */
export function crossEntropy<R extends Reduction = 'mean'>(options: CrossEntropyOptions<R> = {}): Loss<Reduced<R>> {
  return new CrossEntropy(options)
}

class CrossEntropy<Result extends number | Tensor> extends ClassificationLoss<Result> {
  readonly name = 'crossEntropy'
  override readonly takesLogits = true
  protected readonly scores = 'logits'
  protected readonly takesRows = true
  readonly #smoothing: number

  constructor(options: CrossEntropyOptions) {
    super('crossEntropy', options, ['labelSmoothing'])
    const isShare = (value: number) => value >= 0 && value <= 1
    const { labelSmoothing = 0 } = options
    this.#smoothing = requireNumber('crossEntropy: labelSmoothing', labelSmoothing, 'a number from 0 to 1', isShare)
  }

  compute(node: Node, logits: Tensor, target: Tensor): Tensor {
    const [rows, classes] = logits.shape as [number, number]
    const losses = node.empty([rows])
    const probabilities = node.empty(logits.shape)
    const common = { losses, probabilities, logits, rows, classes, smoothing: this.#smoothing }
    if (target.rank === 1) {
      const weights = this.weightsOf(node, target, classes)
      node.kernels.softmaxCrossEntropyForward({ ...common, labels: target, weights })
      node.save(probabilities, target, ...(weights === undefined ? [] : [weights]))
    } else {
      node.kernels.softmaxCrossEntropyDenseForward({ ...common, targets: target })
      node.save(probabilities, target)
    }
    return losses
  }

  differentiate(node: Node, dlosses: Tensor): Tensor {
    const [probabilities, target, weights] = node.saved as readonly [Tensor, Tensor, Tensor?]
    const [rows, classes] = probabilities.shape as [number, number]
    const dlogits = node.empty(probabilities.shape)
    const common = { dlogits, dlosses, probabilities, rows, classes, smoothing: this.#smoothing }
    if (target.rank === 1) node.kernels.softmaxCrossEntropyBackward({ ...common, labels: target, weights })
    else node.kernels.softmaxCrossEntropyDenseBackward({ ...common, targets: target })
    return dlogits
  }
}
