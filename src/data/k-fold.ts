// k-fold cross-validation: every sample is used to validate once, and to train otherwise.

import { checkOptions, netwrightError, requireFlag, requireWhole } from '../errors.js'
import { permutation } from '../random/permutation.js'
import { checkSeed } from '../random/random.js'
import type { Dataset } from './dataset.js'
import { checkDataset, samplesOf, strataOf } from './samples-of.js'

export interface KFoldOptions {
  /** Number of parts, 2 or more. Default 5. */
  readonly folds?: number
  /** Every part has the classes in the same proportion, as nearly as whole samples allow. Default false. */
  readonly stratify?: boolean
  /** Same seed, same parts. Default 0. */
  readonly seed?: number
}

export interface Fold {
  /** 0, 1, … */
  readonly fold: number
  readonly train: Dataset
  readonly validation: Dataset
}

/**
 * Deals the samples of `dataset` at random into parts of one size, give or take a sample; each in turn is the
 * `validation` of a model that is trained on the others. As scikit-learn's KFold and StratifiedKFold with shuffling.
 *
 *     for (const { fold, train, validation } of kFold(flowers, { folds: 10, stratify: true })) …
 *
 * The data sets of a fold are copies, made when it comes. Throws ERR_ARGUMENT for an option out of range and `stratify`
 * without labels; ERR_DATA for fewer samples, or samples of a class, than folds.
 */
export function kFold(dataset: Dataset, options: KFoldOptions = {}): Iterable<Fold> {
  checkOptions('kFold', options, ['folds', 'stratify', 'seed'])
  const { folds = 5, stratify = false, seed = 0 } = options
  requireWhole('kFold: folds', folds, 2)
  requireFlag('kFold: stratify', stratify)
  checkSeed('kFold', seed)
  checkDataset('kFold', dataset)
  const { length } = dataset
  if (length < folds) {
    throw netwrightError(
      'ERR_DATA',
      `kFold: the data set has ${length} samples, expected ${folds} or more, one for each fold`,
      'RangeError',
    )
  }
  const order = permutation(length, seed, 0)
  const foldOf = new Int32Array(length)
  // Dealt like cards, class after class: each class and all of them together are even to a sample.
  strataOf('kFold', dataset, order, { stratify, parts: folds })
    .flat()
    .forEach((sample, i) => {
      foldOf[sample] = i % folds
    })
  return {
    *[Symbol.iterator]() {
      for (let fold = 0; fold < folds; fold++) {
        const [train, validation] = [
          order.filter((sample) => foldOf[sample] !== fold),
          order.filter((sample) => foldOf[sample] === fold),
        ]
        yield { fold, train: samplesOf(dataset, train), validation: samplesOf(dataset, validation) }
      }
    },
  }
}
