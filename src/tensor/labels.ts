// Class labels: whole numbers from 0.

import { netwrightError } from '../errors.js'
import type { TensorData } from './tensor.js'

/** Throws ERR_LABEL, naming the sample, unless every element is a whole number from 0 to 2^31-1. */
export function checkLabels(where: string, labels: TensorData): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number
    if (Number.isInteger(label) && label >= 0 && label < 2 ** 31) continue
    const remedy = Number.isInteger(label) ? '' : '; for real-valued targets give y the shape (samples, outputs)'
    throw netwrightError(
      'ERR_LABEL',
      `${where}: label of sample ${i} is ${label}, expected a class number, an integer from 0${remedy}`,
      'RangeError',
    )
  }
}
