// Fashion-MNIST: Zalando's articles of clothing in MNIST's format.

import { type IdxImages, loadIdxImages, type MnistOptions, type TrainAndTest } from './idx-images.js'

/** SHA-256 of the files as they are when unpacked, those of the Debian package dataset-fashion-mnist. */
const checksum = (hex: string) => ({ algorithm: 'sha256', hex, gunzipped: true }) as const

const clothes: IdxImages = {
  title: 'Fashion-MNIST',
  name: 'fashionMnist',
  folder: 'fashion-mnist',
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  otherPlaces: () => [{ label: 'Debian package dataset-fashion-mnist', folder: '/usr/share/datasets/fashion-mnist' }],
  mirrors: [
    'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
    'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
  checksums: {
    trainImages: checksum('c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888'),
    trainLabels: checksum('bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9'),
    testImages: checksum('5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b'),
    testLabels: checksum('0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34'),
  },
}

/**
 * Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence): `train` (60,000) and `test` (10,000) articles of clothing, x
 * uint8 (N, 784) or (N, 1, 28, 28), y labels 0 to 9, `classNames` from T-shirt/top to Ankle boot. Options and files are
 * those of `mnist`.
 *
 * Looks in `dir`, or else in `fashion-mnist` in the folder that NETWRIGHT_DATA names, in what the Debian package
 * dataset-fashion-mnist installs, and in the cache; `download: true` fetches the files (31 MB) where they are found
 * nowhere. Throws as `mnist` does.
 */
export async function fashionMnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  return loadIdxImages(clothes, options)
}
