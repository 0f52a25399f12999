// NumPy's broadcasting: axes are compared from the last one; an axis of length 1, or a missing one, is repeated.

import { netwrightError } from '../errors.js'
import { type Shape, sameShape, shapeText, sizeOf } from './shape.js'
import { copyStrided } from './strided.js'
import { arrayTypes, Tensor } from './tensor.js'

/** The shape that `a` and `b` are both repeated to. Throws ERR_SHAPE, with both shapes, when an axis does not fit. */
export function broadcastShape(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[a.length - rank + axis] ?? 1, b[b.length - rank + axis] ?? 1]
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: shapes ${shapeText(a)} and ${shapeText(b)} do not fit: ` +
        `axis ${axis - rank} has length ${left} and ${right}, expected equal lengths or 1`,
      'RangeError',
    )
  })
}

/** `source` repeated to `shape`, which broadcastShape gave; the tensor itself when nothing is repeated. */
export function broadcastTo(source: Tensor, shape: Shape): Tensor {
  if (sameShape(source.shape, shape)) return source
  const result = new arrayTypes[source.element](sizeOf(shape))
  const missing = shape.length - source.rank
  // A repeated axis has stride 0.
  const strides = shape.map((_, axis) => {
    const own = axis - missing
    return own < 0 || source.shape[own] === 1 ? 0 : sizeOf(source.shape.slice(own + 1))
  })
  copyStrided(result, source.data, shape, strides)
  return new Tensor(result, shape, { scale: source.scale })
}
