// Parts of a data set: some samples are kept back to judge by.

import { checkOptions, counted, netwrightError, requireFlag, requireNumber } from '../errors.js'
import { permutation } from '../random/permutation.js'
import { checkSeed } from '../random/random.js'
import type { Dataset } from './dataset.js'
import { checkDataset, samplesOf, strataOf } from './samples-of.js'

export interface SplitOptions {
  /** Share of the samples to test with in the end, between 0 and 1. Default 0.2. */
  readonly test?: number
  /** Share of the samples to judge hyper-parameters by, between 0 and 1. Default: no such part. */
  readonly validation?: number
  /** Every part has the classes in the same proportion, as nearly as whole samples allow. Default false. */
  readonly stratify?: boolean
  /** Same seed, same parts. Default 0. */
  readonly seed?: number
}

export interface Split {
  readonly train: Dataset
  readonly test: Dataset
}

export interface SplitWithValidation extends Split {
  readonly validation: Dataset
}

/**
 * Deals the samples of `dataset`, which may be sorted, at random into new data sets: copies, of the same element types.
 * Each part gets its share, rounded, and at least one sample.
 *
 *     const { train, validation, test } = split(flowers, { validation: 0.1, test: 0.2, stratify: true })
 *
 * Throws ERR_ARGUMENT for an option out of range, shares that leave nothing to train on, and `stratify` without labels;
 * ERR_DATA for fewer samples, or samples of a class, than parts.
 */
export function split(dataset: Dataset, options: SplitOptions & { readonly validation: number }): SplitWithValidation
export function split(dataset: Dataset, options?: SplitOptions): Split
export function split(dataset: Dataset, options: SplitOptions = {}): Split | SplitWithValidation {
  checkOptions('split', options, ['test', 'validation', 'stratify', 'seed'])
  const { test: testShare = 0.2, validation: validationShare, stratify = false, seed = 0 } = options
  requireFlag('split: stratify', stratify)
  if (validationShare === undefined) {
    const [test, train] = deal('split', dataset, { test: testShare }, { stratify, seed }) as [Dataset, Dataset]
    return { train, test }
  }
  const shares = { test: testShare, validation: validationShare }
  const parts = deal('split', dataset, shares, { stratify, seed })
  const [test, validation, train] = parts as [Dataset, Dataset, Dataset]
  return { train, validation, test }
}

export interface TrainValidationSplitOptions {
  /** Share of the samples for validation, between 0 and 1; at least one sample stays on either side. Default 0.2. */
  readonly share?: number
  /** Same seed, same split. Default 0. */
  readonly seed?: number
}

/**
 * Deals the samples of `dataset` at random into two new data sets, as `split` does: hyper-parameters are judged on
 * `validation`, so that the test data stay unseen.
 * Throws ERR_ARGUMENT for an option out of range, ERR_DATA for a single sample.
 */
export function trainValidationSplit(
  dataset: Dataset,
  options: TrainValidationSplitOptions = {},
): { readonly train: Dataset; readonly validation: Dataset } {
  checkOptions('trainValidationSplit', options, ['share', 'seed'])
  const { share = 0.2, seed = 0 } = options
  const parts = deal('trainValidationSplit', dataset, { share }, { stratify: false, seed })
  const [validation, train] = parts as [Dataset, Dataset]
  return { train, validation }
}

/** A part for each of `shares`, and the rest. */
function deal(
  where: string,
  dataset: Dataset,
  shares: Readonly<Record<string, number>>,
  { stratify, seed }: { readonly stratify: boolean; readonly seed: number },
): readonly Dataset[] {
  for (const [name, share] of Object.entries(shares)) {
    requireNumber(`${where}: ${name}`, share, 'a number between 0 and 1', (value) => value > 0 && value < 1)
  }
  checkSeed(where, seed)
  checkDataset(where, dataset)
  const { length } = dataset
  const parts = Object.keys(shares).length + 1
  if (length < parts) {
    const samples = counted(length, 'sample')
    throw netwrightError('ERR_DATA', `${where}: the data set has ${samples}, expected ${parts} or more`, 'RangeError')
  }
  const sizes = Object.values(shares).map((share) => Math.max(1, Math.round(length * share)))
  // What is left for training: of two parts at least one sample.
  if (parts === 2) sizes[0] = Math.min(length - 1, sizes[0] as number)
  if (sizes.reduce((sum, size) => sum + size, 0) >= length) {
    const text = Object.entries(shares).map(([name, share]) => `${name} ${share}`)
    throw netwrightError('ERR_ARGUMENT', `${where}: ${text.join(' and ')} leave nothing to train on`, 'RangeError')
  }
  const order = permutation(length, seed, 0)
  const strata = strataOf(where, dataset, order, { stratify, parts })
  const partOf = new Uint8Array(length).fill(sizes.length)
  const left = strata.map((samples) => samples.length)
  const taken = strata.map(() => 0)
  sizes.forEach((size, part) => {
    inProportion(size, left, sizes.length - part).forEach((count, s) => {
      const from = taken[s] as number
      for (const sample of strata[s]?.slice(from, from + count) ?? []) partOf[sample] = part
      taken[s] = from + count
      left[s] = (left[s] as number) - count
    })
  })
  // In the random order, not class after class.
  return Array.from({ length: parts }, (_, part) =>
    samplesOf(
      dataset,
      order.filter((sample) => partOf[sample] === part),
    ),
  )
}

/**
 * `total` dealt in the proportion of `counts`, by largest remainders, where each keeps `keep` for the parts to come, if
 * it can.
 */
function inProportion(total: number, counts: readonly number[], keep: number): readonly number[] {
  const all = counts.reduce((sum, count) => sum + count, 0)
  const quotas = counts.map((count) => (total * count) / all)
  const dealt = quotas.map(Math.floor)
  let rest = total - dealt.reduce((sum, count) => sum + count, 0)
  const byRemainder = counts.map((_, i) => i).sort((a, b) => remainder(b) - remainder(a) || a - b)
  const room = (i: number, least: number) => (counts[i] as number) - (dealt[i] as number) > least
  function remainder(i: number): number {
    return (quotas[i] as number) - Math.floor(quotas[i] as number)
  }
  for (const least of [keep, 0]) {
    for (const i of byRemainder) {
      if (rest === 0 || !room(i, least)) continue
      dealt[i] = (dealt[i] as number) + 1
      rest--
    }
  }
  return dealt
}
