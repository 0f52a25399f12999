// Kuzushiji-MNIST: cursive Japanese characters in MNIST's format.

import { type IdxImages, loadIdxImages, type MnistOptions, type TrainAndTest } from './idx-images.js'

/** MD5 of the gzipped files as torchvision publishes them; it guards against damage, not against a forger. */
const checksum = (hex: string) => ({ algorithm: 'md5', hex }) as const

const characters: IdxImages = {
  title: 'Kuzushiji-MNIST',
  name: 'kmnist',
  folder: 'kmnist',
  classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  otherPlaces: () => [],
  mirrors: ['https://codh.rois.ac.jp/kmnist/dataset/kmnist/', 'http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
  checksums: {
    trainImages: checksum('bdb82020997e1d708af4cf47b453dcf7'),
    trainLabels: checksum('e144d726b3acfaa3e44228e80efcd344'),
    testImages: checksum('5c965bf0a639b31b8f53240b1b52f4d7'),
    testLabels: checksum('7320c461ea6c1c855c0b718fb2a4b134'),
  },
}

/**
 * Kuzushiji-MNIST (Clanuwat and others 2018, CODH; CC BY-SA 4.0): `train` (60,000) and `test` (10,000) cursive Japanese
 * characters, x uint8 (N, 784) or (N, 1, 28, 28), y labels 0 to 9, `classNames` romanised: o, ki, su, … Options and
 * files are those of `mnist`.
 *
 * Looks in `dir`, or else in `kmnist` in the folder that NETWRIGHT_DATA names, and in the cache; `download: true`
 * fetches the files (21 MB) where they are found nowhere. Throws as `mnist` does.
 */
export async function kmnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  return loadIdxImages(characters, options)
}
