// Softmax cross-entropy on logits.

import { netwrightError } from '../errors.js'
import type { Node } from '../layers/node.js'
import { type Shape, shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { Loss, type TargetKind } from './loss.js'

/**
 * -ln softmax(logits)[label], or -Σ target · ln softmax(logits) for dense targets (one-hot rows, probabilities).
 * The prediction is logits (N,C): the model does not end in a softmax. Targets: labels (N), integers from 0 to C-1, or
 * rows (N,C). As PyTorch's `CrossEntropyLoss`.
 */
export function crossEntropy(): Loss {
  return new CrossEntropy()
}

class CrossEntropy extends Loss {
  readonly name = 'crossEntropy'
  readonly classifies = true

  checkShapes(prediction: Shape, kind: TargetKind, target: Shape): void {
    const classes = prediction[0]
    if (prediction.length === 1 && classes === 1) {
      throw netwrightError(
        'ERR_SHAPE',
        'crossEntropy: the model has 1 output, expected one for each class: 2 for a yes-or-no question',
        'RangeError',
      )
    }
    const fits = prediction.length === 1 && (kind === 'labels' || (target.length === 1 && target[0] === classes))
    if (fits) return
    throw netwrightError(
      'ERR_SHAPE',
      `crossEntropy: predictions of shape ${shapeText(prediction)} and ${kind} targets of shape ${shapeText(target)} ` +
        '(without the batch axis) do not fit; expected logits (C,), and as targets class numbers, y of shape (samples), ' +
        'or a row (C,) of probabilities for each sample',
      'RangeError',
    )
  }

  compute(node: Node, logits: Tensor, target: Tensor): Tensor {
    const [rows, classes] = logits.shape as [number, number]
    const losses = node.empty([rows])
    const probabilities = node.empty(logits.shape)
    const common = { losses, probabilities, logits, rows, classes }
    if (target.rank === 1) node.kernels.softmaxCrossEntropyForward({ ...common, labels: target })
    else node.kernels.softmaxCrossEntropyDenseForward({ ...common, targets: target })
    node.save(probabilities, target)
    return losses
  }

  differentiate(node: Node, dlosses: Tensor): Tensor {
    const [probabilities, target] = node.saved as readonly [Tensor, Tensor]
    const [rows, classes] = probabilities.shape as [number, number]
    const dlogits = node.empty(probabilities.shape)
    const common = { dlogits, dlosses, probabilities, rows, classes }
    if (target.rank === 1) node.kernels.softmaxCrossEntropyBackward({ ...common, labels: target })
    else node.kernels.softmaxCrossEntropyDenseBackward({ ...common, targets: target })
    return dlogits
  }
}
