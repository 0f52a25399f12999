// The book's ways to MNIST, chapter 3.6.

import { mnist } from '../data/mnist.js'
import { checkOptions } from '../errors.js'
import type { Tensor } from '../tensor/tensor.js'

/** Options of {@link loadMnist}. */
export interface LoadMnistOptions {
  /** Pixels from 0 to 1 (default) instead of 0 to 255. */
  readonly normalize?: boolean
  /** Images as rows (N, 784) (default) instead of (N, 1, 28, 28). */
  readonly flatten?: boolean
  /** Targets as one-hot rows (N, 10) instead of class numbers (N) (default). */
  readonly oneHotLabel?: boolean
  /** Folder with the four files; without it they are found as `mnist` says. */
  readonly dir?: string
}

/** Samples and their targets. */
export type Samples = [x: Tensor, t: Tensor]

/**
 * [[xTrain, tTrain], [xTest, tTest]]: 60,000 and 10,000 digits (row 94). Images stay bytes with a scale, and the book's
 * objects read them as floats; targets are int32, or float32 rows. Reads files on disk and downloads nothing; see `mnist`.
 */
export async function loadMnist(options: LoadMnistOptions = {}): Promise<[train: Samples, test: Samples]> {
  checkOptions('loadMnist', options, ['normalize', 'flatten', 'oneHotLabel', 'dir'])
  const { oneHotLabel: oneHot = false, ...rest } = options
  const { train, test } = await mnist({ ...rest, oneHot })
  return [
    [train.x, train.y],
    [test.x, test.y],
  ]
}

/** [xTest, tTest]: the test digits, normalised, as rows, with class numbers; the book's `get_data` (row 50). */
export async function getData(options: Pick<LoadMnistOptions, 'dir'> = {}): Promise<Samples> {
  const [, test] = await loadMnist(options)
  return test
}
