// Data sets in MNIST's format: four IDX files of 28 by 28 grey images in ten classes.

import { checkOptions, netwrightError } from '../errors.js'
import type { Checksum } from '../files/checksum.js'
import { shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import {
  type Collection,
  type DownloadableOptions,
  downloadableOptions,
  fetchFile,
  findFiles,
  type Place,
} from './data-places.js'
import { Dataset } from './dataset.js'
import { readIdx } from './idx.js'
import { Preprocessing } from './preprocessing.js'
import { sharedArray } from './shared-array.js'

export interface MnistOptions extends DownloadableOptions {
  /** Pixels from 0 to 1 (default) instead of 0 to 255. Stored as bytes either way. */
  readonly normalize?: boolean
  /** Samples of shape (784) (default) instead of (1, 28, 28). */
  readonly flatten?: boolean
  /** Targets as one-hot rows (N, 10), float32, instead of (N) int32 labels (default). */
  readonly oneHot?: boolean
}

/** Training and test data. */
export interface TrainAndTest {
  readonly train: Dataset
  readonly test: Dataset
}

const classes = 10

const stems = {
  trainImages: ['train-images', 3],
  trainLabels: ['train-labels', 1],
  testImages: ['t10k-images', 3],
  testLabels: ['t10k-labels', 1],
} as const
type Part = keyof typeof stems

/** What tells data sets of this format apart. */
export interface IdxImages {
  readonly title: string
  readonly name: string
  readonly folder: string
  readonly classNames?: readonly string[]
  readonly otherPlaces: () => readonly Place[]
  readonly installCommand?: string
  /** Folders with the four files, gzipped. */
  readonly mirrors: readonly string[]
  readonly checksums: Readonly<Record<Part, Checksum>>
}

/** Reads the data set as its function's options say. */
export async function loadIdxImages(set: IdxImages, options: MnistOptions): Promise<TrainAndTest> {
  checkOptions(set.name, options, [...downloadableOptions, 'normalize', 'flatten', 'oneHot'])
  const paths = await findFiles(collectionOf(set), options)
  return {
    train: await load(set, paths.trainImages, paths.trainLabels, options),
    test: await load(set, paths.testImages, paths.testLabels, options),
  }
}

function collectionOf(set: IdxImages): Collection<Part> {
  const spellings = (part: Part): readonly string[] => {
    const [stem, rank] = stems[part]
    const plain = `${stem}-idx${rank}-ubyte`
    const dotted = plain.replace('-idx', '.idx')
    return [plain, dotted, `${plain}.gz`, `${dotted}.gz`]
  }
  const parts = Object.keys(stems) as Part[]
  return {
    ...set,
    parts: Object.fromEntries(parts.map((part) => [part, spellings(part)])) as Record<Part, readonly string[]>,
    inside: [''],
    fetch: async (folder, missing, options) => {
      for (const part of missing) {
        // The largest has 26 MB.
        const file = { name: `${spellings(part)[0]}.gz`, checksum: set.checksums[part], maxBytes: 1e8 }
        await fetchFile(folder, file, options.mirrors ?? set.mirrors, options)
      }
    },
  }
}

async function load(
  { classNames }: IdxImages,
  imagesPath: string,
  labelsPath: string,
  options: MnistOptions,
): Promise<Dataset> {
  const { normalize = true, flatten = true, oneHot = false } = options
  const images = await readIdx(imagesPath)
  const labels = await readIdx(labelsPath)
  const [count, height, width] = images.shape
  if (images.element !== 'uint8' || images.rank !== 3 || height !== 28 || width !== 28) {
    throw wrongContent(imagesPath, 'uint8 images of shape (N, 28, 28)', images)
  }
  if (labels.element !== 'uint8' || labels.rank !== 1)
    throw wrongContent(labelsPath, 'uint8 labels of shape (N,)', labels)
  if (count !== labels.shape[0]) {
    throw netwrightError(
      'ERR_DATA',
      `${labelsPath}: has ${labels.shape[0]} labels, expected ${count} as in ${imagesPath}`,
    )
  }
  labels.data.forEach((label: number, i: number) => {
    if (label < classes) return
    throw netwrightError(
      'ERR_LABEL',
      `${labelsPath}: label ${i} is ${label}, expected 0 to ${classes - 1}`,
      'RangeError',
    )
  })
  const shape = flatten ? [count, 784] : [count, 1, 28, 28]
  const x = new Tensor(images.data, shape, { scale: normalize ? 1 / 255 : 1 })
  const source = { kind: 'images', channels: 1, height, width, scale: x.scale } as const
  return new Dataset(x, oneHot ? oneHotRows(labels) : labels, {
    preprocessing: new Preprocessing({ source, classNames }),
  })
}

function wrongContent(path: string, expected: string, got: Tensor): Error {
  return netwrightError('ERR_DATA', `${path}: expected ${expected}, got ${got.element} ${shapeText(got.shape)}`)
}

function oneHotRows(labels: Tensor): Tensor {
  const rows = sharedArray('float32', labels.size * classes)
  labels.data.forEach((label: number, i: number) => {
    rows[i * classes + label] = 1
  })
  return new Tensor(rows, [labels.size, classes])
}
