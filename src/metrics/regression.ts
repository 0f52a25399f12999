// What rmse and r2 need of the shapes.

import { netwrightError } from '../errors.js'
import { sameShape, shapeText } from '../tensor/shape.js'
import type { Task } from './metric.js'

/** Throws ERR_SHAPE unless each target has the shape of a prediction. */
export function requireNumbers(where: string, { output, targets, target }: Task): void {
  if (targets === 'dense' && sameShape(output, target)) return
  const given = targets === 'labels' ? 'labels' : `of shape ${shapeText(target)}`
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: targets are ${given} (without the batch axis), expected rows of shape ${shapeText(output)} as the predictions`,
    'RangeError',
  )
}
