// Parts of a data set: some samples are kept back to judge by.

import { checkOptions, describe, netwrightError, requireNumber } from '../errors.js'
import { permutation } from '../random/permutation.js'
import { checkSeed } from '../random/random.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import { sharedArray } from './shared-array.js'

export interface SplitOptions {
  /** Share of the samples for validation, between 0 and 1; at least one sample stays on either side. Default 0.2. */
  readonly share?: number
  /** Same seed, same split. Default 0. */
  readonly seed?: number
}

/**
 * Deals the samples of `dataset`, which may be sorted, at random into two new data sets: copies, of the same element types.
 * Hyper-parameters are judged on `validation`, so that the test data stay unseen.
 * Throws ERR_ARGUMENT for an option out of range, ERR_DATA for a single sample.
 */
export function trainValidationSplit(
  dataset: Dataset,
  options: SplitOptions = {},
): { readonly train: Dataset; readonly validation: Dataset } {
  checkOptions('trainValidationSplit', options, ['share', 'seed'])
  const { share = 0.2, seed = 0 } = options
  const isShare = (value: number) => value > 0 && value < 1
  requireNumber('trainValidationSplit: share', share, 'a number between 0 and 1', isShare)
  checkSeed('trainValidationSplit', seed)
  if (!(dataset instanceof Dataset)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `trainValidationSplit: got ${describe(dataset)}, expected a Dataset: new Dataset(x, y)`,
      'TypeError',
    )
  }
  const { length } = dataset
  if (length < 2) {
    throw netwrightError(
      'ERR_DATA',
      'trainValidationSplit: the data set has 1 sample, expected 2 or more',
      'RangeError',
    )
  }
  const held = Math.min(length - 1, Math.max(1, Math.round(length * share)))
  const order = permutation(length, seed, 0)
  const [y, ...inputs] = [dataset.y, ...dataset.inputs].map((tensor) => gatherRows(tensor, order)) as [
    Tensor,
    ...Tensor[],
  ]
  const real = [dataset.y, ...dataset.inputs].some(({ element }) => element === 'float64') ? 'float64' : 'float32'
  // Slices of one data set know the same classes, whichever labels they have.
  const shuffled = new Dataset(inputs, y, { real })
  return { train: shuffled.slice(held), validation: shuffled.slice(0, held) }
}

/** The rows of `source` in this order, in shared memory, which a Dataset takes as it is. */
function gatherRows(source: Tensor, order: Int32Array): Tensor {
  const { data, element, shape, scale } = source
  const cols = sizeOf(shape.slice(1))
  const rows = sharedArray(element, source.size)
  order.forEach((from, to) => {
    rows.set(data.subarray(from * cols, (from + 1) * cols), to * cols)
  })
  return new Tensor(rows, shape, { scale })
}
