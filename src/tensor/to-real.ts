// Border conversion: whatever a user passes for numbers, as a tensor of a backend's float type.

import { type TensorLike, tensor } from './create.js'
import { arrayTypes, elementOf, Tensor } from './tensor.js'

/**
 * `value` as a `real` tensor with its scale applied: itself where it is one already, else a copy.
 * Tensors of a plan being recorded pass unchanged.
 */
export function toReal(value: TensorLike, real: 'float32' | 'float64'): Tensor {
  const given = value instanceof Tensor ? value : tensor(value, undefined, { element: real })
  if (given.placeholder !== undefined || (given.element === real && given.scale === 1)) return given
  const data = given.scale === 1 ? given.data : given.toFloat32()
  return new Tensor(elementOf(data) === real ? data : new arrayTypes[real](data), given.shape)
}
