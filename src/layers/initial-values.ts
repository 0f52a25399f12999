// Makes the tensors that parameters begin with, and warns about weights that training could never tell apart.

import { describe, netwrightError } from '../errors.js'
import { warn } from '../platform.js'
import type { Shape } from '../tensor/shape.js'
import { shapeText, sizeOf } from '../tensor/shape.js'
import { arrayTypes, Tensor, type TensorData } from '../tensor/tensor.js'
import type { Fans, Initialiser } from './initialisers.js'
import type { BuildContext } from './layer.js'

let warned = false

/** A tensor of `shape` in the context's float type, element after element from `initialiser`. */
export function initialValues(
  initialiser: Initialiser,
  shape: Shape,
  fans: Fans,
  { real, random, beforeLoading }: BuildContext,
): Tensor {
  beforeLoading?.(shape)
  if (beforeLoading !== undefined) return new Tensor(new arrayTypes[real](sizeOf(shape)), shape)
  const next: unknown = initialiser(random, shape, fans)
  if (typeof next !== 'function') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `an initialiser answered ${describe(next)}, expected a function that gives one number after the other`,
      'TypeError',
    )
  }
  const data = new arrayTypes[real](sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = next()
  return new Tensor(data, shape)
}

/**
 * As initialValues, for the weights of a layer of this kind. Where they are all equal and the layer has several outputs,
 * nothing in the layer tells these apart: warns, once in a process, NETWRIGHT_ZERO_INIT.
 */
export function initialWeights(
  kind: string,
  initialiser: Initialiser,
  shape: Shape,
  fans: Fans,
  context: BuildContext,
): Tensor {
  const weights = initialValues(initialiser, shape, fans, context)
  if (!warned && context.beforeLoading === undefined && fans.fanOut > 1 && allEqual(weights.data)) {
    warned = true
    warn(
      `${kind}: all weights ${shapeText(shape)} begin as ${weights.data[0]}. Outputs with equal weights stay equal, and ` +
        'learn no more than one could, where biases and the layers that follow do not tell them apart; behind a ReLU, ' +
        "zeros may never learn. Begin with random weights: 'he', normal(0.01).",
      'NETWRIGHT_ZERO_INIT',
    )
  }
  return weights
}

function allEqual(data: TensorData): boolean {
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return false
  return data.length > 1
}
