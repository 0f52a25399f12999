// Batches that belong together have as many samples.

import { netwrightError } from '../errors.js'
import { shapeText } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** Throws ERR_SHAPE unless all tensors have a batch axis of the same length. Returns that length. */
export function requireSameRows(where: string, tensors: readonly Tensor[]): number {
  const rows = tensors[0]?.shape[0]
  if (rows !== undefined && tensors.every(({ shape }) => shape[0] === rows)) return rows
  throw netwrightError(
    'ERR_SHAPE',
    `${where}: expected inputs with the same number of samples on their first axis, ` +
      `got ${tensors.length === 0 ? 'none' : tensors.map(({ shape }) => shapeText(shape)).join(', ')}`,
    'RangeError',
  )
}
