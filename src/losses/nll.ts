// Negative log-likelihood of labels, on log-probabilities.

import type { Node } from '../layers/node.js'
import type { Tensor } from '../tensor/tensor.js'
import { ClassificationLoss, type ClassificationOptions } from './classification-loss.js'
import type { Loss, Reduced, Reduction } from './loss.js'

/**
 * -logProbabilities[label]. The prediction is log-probabilities (N,C), as a log-softmax gives; targets are labels (N).
 * crossEntropy() on logits is the same in one step. As PyTorch's `NLLLoss`.
 *
 * Throws ERR_ARGUMENT for an unknown option or one out of range.
 */
export function nll<R extends Reduction = 'mean'>(options: ClassificationOptions<R> = {}): Loss<Reduced<R>> {
  return new NegativeLogLikelihood('nll', options)
}

class NegativeLogLikelihood<Result extends number | Tensor> extends ClassificationLoss<Result> {
  readonly name = 'nll'
  protected readonly scores = 'log-probabilities'
  protected readonly takesRows = false

  compute(node: Node, logProbabilities: Tensor, labels: Tensor): Tensor {
    const [rows, classes] = logProbabilities.shape as [number, number]
    const losses = node.empty([rows])
    const weights = this.weightsOf(node, labels, classes)
    node.kernels.negativeLogLikelihoodForward({ losses, logProbabilities, labels, weights, rows, classes })
    node.save(logProbabilities, labels, ...(weights === undefined ? [] : [weights]))
    return losses
  }

  differentiate(node: Node, dlosses: Tensor): Tensor {
    const [{ shape }, labels, weights] = node.saved as readonly [Tensor, Tensor, Tensor?]
    const [rows, classes] = shape as [number, number]
    const dlogProbabilities = node.empty(shape)
    node.kernels.negativeLogLikelihoodBackward({ dlogProbabilities, dlosses, labels, weights, rows, classes })
    return dlogProbabilities
  }
}
