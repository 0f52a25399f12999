// CIFAR-10 in its binary version: records of a label and a picture's three planes.

import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { checkOptions, netwrightError } from '../errors.js'
import { systemProblem } from '../files/file-error.js'
import { writeFileAtomically } from '../files/write-file.js'
import { Tensor } from '../tensor/tensor.js'
import { type Collection, type DownloadableOptions, downloadableOptions, fetchFile, findFiles } from './data-places.js'
import { Dataset } from './dataset.js'
import type { TrainAndTest } from './idx-images.js'
import { Preprocessing } from './preprocessing.js'
import { sharedArray } from './shared-array.js'

export interface Cifar10Options extends DownloadableOptions {
  /** Pixels from 0 to 1 (default) instead of 0 to 255. Stored as bytes either way. */
  readonly normalize?: boolean
}

const side = 32
const pictureBytes = 3 * side * side
const recordBytes = 1 + pictureBytes
const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`)
const testBatch = 'test_batch.bin'
const files = [...batches, testBatch]

/** The archive's MD5 as its authors publish it on their page; it guards against damage, not against a forger. */
const archive = {
  name: 'cifar-10-binary.tar.gz',
  checksum: { algorithm: 'md5', hex: 'c32a1d4ab5d03f1284b67883e8d87530' },
  maxBytes: 2e8,
} as const
/** Unpacked it has 184 MB. */
const unpackedLimit = 2 ** 28

const collection: Collection<string> = {
  title: 'CIFAR-10',
  name: 'cifar10',
  folder: 'cifar-10',
  otherPlaces: () => [],
  parts: Object.fromEntries(files.map((name) => [name, [name]])),
  inside: ['', 'cifar-10-batches-bin'],
  fetch: async (folder, _, options) => {
    const path = join(folder, archive.name)
    await fetchFile(folder, archive, options.mirrors ?? ['https://www.cs.toronto.edu/~kriz/'], options)
    await unpack(path, folder)
  },
}

/**
 * CIFAR-10 (Krizhevsky 2009): `train` (50,000) and `test` (10,000) colour pictures, x uint8 (N, 3, 32, 32), y labels 0
 * to 9, `classNames` from airplane to truck.
 *
 * Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin of the binary version, from `dir` or its subfolder
 * cifar-10-batches-bin; without `dir` from `cifar-10` in the folder that NETWRIGHT_DATA names, then from the cache.
 * `download: true` fetches and unpacks them (162 MB) where they are found nowhere.
 *
 * Throws ERR_DATA when they are nowhere (one error with every place looked at), incomplete, damaged, or cannot be
 * downloaded; ERR_LABEL for a label beyond 9.
 */
export async function cifar10(options: Cifar10Options = {}): Promise<TrainAndTest> {
  checkOptions('cifar10', options, [...downloadableOptions, 'normalize'])
  const paths = await findFiles(collection, options)
  const { normalize = true } = options
  return {
    train: await load(
      batches.map((name) => paths[name] as string),
      normalize,
    ),
    test: await load([paths[testBatch] as string], normalize),
  }
}

async function load(paths: readonly string[], normalize: boolean): Promise<Dataset> {
  const counts = await Promise.all(paths.map(countOf))
  const count = counts.reduce((sum, n) => sum + n)
  const x = sharedArray('uint8', count * pictureBytes)
  const y = sharedArray('int32', count)
  let at = 0
  for (const [i, path] of paths.entries()) {
    const bytes = await read(path, () => readFile(path))
    if (bytes.length !== (counts[i] as number) * recordBytes) throw wrongSize(path, bytes.length)
    for (let from = 0; from < bytes.length; from += recordBytes, at++) {
      const label = bytes[from] as number
      if (label >= classNames.length) {
        const record = from / recordBytes
        throw netwrightError('ERR_LABEL', `${path}: label ${record} is ${label}, expected 0 to 9`, 'RangeError')
      }
      y[at] = label
      x.set(bytes.subarray(from + 1, from + recordBytes), at * pictureBytes)
    }
  }
  const scale = normalize ? 1 / 255 : 1
  const source = { kind: 'images', channels: 3, height: side, width: side, scale } as const
  return new Dataset(new Tensor(x, [count, 3, side, side], { scale }), new Tensor(y, [count]), {
    preprocessing: new Preprocessing({ source, classNames }),
  })
}

/** Records of a file, 10,000 in the real ones. */
async function countOf(path: string): Promise<number> {
  const { size } = await read(path, () => stat(path))
  if (size === 0 || size % recordBytes !== 0 || size > unpackedLimit) throw wrongSize(path, size)
  return size / recordBytes
}

const wrongSize = (path: string, size: number): Error =>
  netwrightError(
    'ERR_DATA',
    `${path}: has ${size} bytes, expected records of ${recordBytes} (a label and 3×32×32 pixels): truncated, or no ` +
      'file of the binary version of CIFAR-10',
  )

async function read<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw netwrightError('ERR_DATA', `${path}: cannot be read (${systemProblem(error)})`)
  }
}

/** Writes the archive's data files to `folder`, each as a whole, and takes the archive away. */
export async function unpack(path: string, folder: string): Promise<void> {
  const packed = await read(path, () => readFile(path))
  const { parseTar } = await import('./libraries/nanotar.js')
  const tar = await promisify(gunzip)(packed, { maxOutputLength: unpackedLimit }).catch((error: Error) => {
    throw netwrightError('ERR_DATA', `${path}: cannot be unpacked (${error.message})`)
  })
  // A buffer of its own: parseTar reads a view's whole buffer.
  const entries = parseTar(tar.buffer.slice(tar.byteOffset, tar.byteOffset + tar.byteLength) as ArrayBuffer)
  for (const name of files) {
    const data = entries.find((entry) => entry.type === 'file' && entry.name.split('/').at(-1) === name)?.data
    if (data === undefined) throw netwrightError('ERR_DATA', `${path}: has no ${name}`)
    await writeFileAtomically(join(folder, name), [data])
  }
  await rm(path)
}
