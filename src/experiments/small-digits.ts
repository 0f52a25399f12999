// Digits at a lower resolution, in float64: for networks so small that numerical gradients of them take no hours.

import { Tensor } from '../tensor/tensor.js'

/** Rows (N, (28 / side)²) of pixels from 0 to 1, each the mean of a square of `side` by `side`; images (N, 784) bytes. */
export function smallDigits(images: Tensor, side: number): Tensor {
  const width = 28 / side
  const [count = 0] = images.shape
  const means = new Float64Array(count * width * width)
  for (let i = 0; i < images.size; i++) {
    const [image, row, column] = [Math.floor(i / 784), Math.floor((i % 784) / 28), i % 28]
    const place = (image * width + Math.floor(row / side)) * width + Math.floor(column / side)
    means[place] = (means[place] as number) + ((images.data[i] as number) * images.scale) / (side * side)
  }
  return new Tensor(means, [count, width * width])
}
