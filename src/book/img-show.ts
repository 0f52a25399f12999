// imgShow, chapter 3.6.1: a look at a picture without a window.

import { describe, netwrightError } from '../errors.js'
import { encodePng } from '../report/encode-png.js'
import type { PixelImage } from '../report/pixels.js'
import { terminalImage } from '../report/terminal-image.js'
import { writePicture } from '../report/write-picture.js'
import { type TensorLike, tensor } from '../tensor/create.js'
import { shapeText } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'

/**
 * Prints a grey picture in the terminal and writes it to the PNG file `path`, whose folders are made; answers that
 * file's absolute path (row 95). Throws ERR_ARGUMENT unless `path` ends with .png. `img`: (H, W), with any axes of length 1 before it, or a row whose length is a square, such as one of MNIST's
 * (784). Bytes are shown as they are, other numbers from their least, black, to their greatest, white.
 */
export async function imgShow(img: TensorLike, path = 'img.png'): Promise<string> {
  if (typeof path !== 'string' || !/\.png$/i.test(path)) {
    throw netwrightError(
      'ERR_ARGUMENT',
      `imgShow: path is ${describe(path)}, expected a name that ends with .png`,
      'TypeError',
    )
  }
  const image = toImage(img)
  console.log(terminalImage(image))
  const { paths } = await writePicture(path, await encodePng(image))
  return paths[0] as string
}

function toImage(img: TensorLike): PixelImage {
  const given = img instanceof Tensor ? img : tensor(img, undefined, { element: 'float64' })
  let shape = given.shape
  while (shape.length > 1 && shape[0] === 1) shape = shape.slice(1)
  const side = Math.sqrt(given.size)
  const [height, width] = shape.length === 1 && Number.isInteger(side) ? [side, side] : shape
  if (shape.length > 2 || height === undefined || width === undefined) {
    throw netwrightError(
      'ERR_SHAPE',
      `imgShow: img has shape ${shapeText(given.shape)}, expected (height, width), or one row whose length is a square`,
      'RangeError',
    )
  }
  const { data } = given
  return { pixels: data instanceof Int32Array ? Float64Array.from(data) : data, width, height }
}
