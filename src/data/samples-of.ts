// Some samples of a data set, in any order, as a data set of their own; and the classes that a split keeps in proportion.

import { describe, netwrightError } from '../errors.js'
import { sizeOf } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset, uncheckedDataset } from './dataset.js'
import { sharedArray } from './shared-array.js'

/** Throws ERR_ARGUMENT for anything but a data set. */
export function checkDataset(where: string, dataset: unknown): void {
  if (dataset instanceof Dataset) return
  throw netwrightError(
    'ERR_ARGUMENT',
    `${where}: got ${describe(dataset)}, expected a Dataset: new Dataset(x, y)`,
    'TypeError',
  )
}

/** Copies of the samples with these numbers, of the same element types. They know the classes of `dataset`. */
export function samplesOf(dataset: Dataset, numbers: ArrayLike<number>): Dataset {
  const { inputs, y, targets, classes, preprocessing } = dataset
  return uncheckedDataset({
    inputs: inputs.map((x) => gatherRows(x, numbers)),
    y: gatherRows(y, numbers),
    targets,
    classes,
    preprocessing,
  })
}

/** Copies of the rows of `source` with these numbers. */
export function gatherRows(source: Tensor, numbers: ArrayLike<number>): Tensor {
  const { data, element, shape, scale } = source
  const cols = sizeOf(shape.slice(1))
  const rows = sharedArray(element, numbers.length * cols)
  for (let to = 0; to < numbers.length; to++) {
    const from = numbers[to] as number
    rows.set(data.subarray(from * cols, (from + 1) * cols), to * cols)
  }
  return new Tensor(rows, [numbers.length, ...shape.slice(1)], { scale })
}

/**
 * The classes of the samples with these numbers, each a list of them in the order given; all of them as one where
 * `stratify` is false. Throws ERR_ARGUMENT for targets that are no labels, ERR_DATA for a class of fewer than `parts`.
 */
export function strataOf(
  where: string,
  dataset: Dataset,
  order: Int32Array,
  { stratify, parts }: { readonly stratify: boolean; readonly parts: number },
): readonly (readonly number[])[] {
  if (!stratify) return [Array.from(order)]
  const { targets, y, classNames } = dataset
  if (targets !== 'labels') {
    throw netwrightError(
      'ERR_ARGUMENT',
      `${where}: stratify keeps classes in proportion, but the targets are no labels`,
    )
  }
  const strata: number[][] = []
  for (const sample of order) {
    const label = y.data[sample] as number
    strata[label] ??= []
    strata[label].push(sample)
  }
  strata.forEach((samples, label) => {
    if (samples.length >= parts) return
    const name = classNames?.[label]
    throw netwrightError(
      'ERR_DATA',
      `${where}: class ${name === undefined ? label : describe(name)} has ${samples.length} ` +
        `${samples.length === 1 ? 'sample' : 'samples'}, expected ${parts} or more to stratify by, one for each part`,
      'RangeError',
    )
  })
  // Labels that do not occur are holes.
  return strata.filter((samples) => samples !== undefined)
}
