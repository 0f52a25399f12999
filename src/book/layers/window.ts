// Windows that slide over images: their arithmetic, and im2col and col2im, chapter 7.4.

import { netwrightError } from '../../errors.js'
import { Window } from '../../layers/window.js'
import type { TensorLike } from '../../tensor/create.js'
import { type Shape, shapeText } from '../../tensor/shape.js'
import type { Tensor } from '../../tensor/tensor.js'
import { kernelsOf, requireShape, toFloat } from '../array.js'

/** Sizes of a pass of windows over images, as the window kernels take them. */
export type WindowPass = ReturnType<typeof windowOf>

/**
 * Number of places for a filter along one axis (row 44): (inputSize + 2·pad - filterSize) / stride + 1, rounded down,
 * so that what a stride leaves over at the far edge is not looked at. Throws ERR_SHAPE where the filter does not fit.
 */
export function convOutputSize(inputSize: number, filterSize: number, stride = 1, pad = 0): number {
  return new Window('convOutputSize', filterSize, { stride, padding: pad }).sizes([1, inputSize, inputSize]).outHeight
}

/**
 * (N, C, H, W), or (C, H, W) with N = 1, → (N·OH·OW, C·FH·FW): row (n, oh, ow) holds the part of the image that the filter sees there, 0 outside
 * it (row 40).
 */
export function im2col(x: TensorLike, filterH: number, filterW: number, stride = 1, pad = 0): Tensor {
  const images = toFloat(x)
  const window = windowOf('im2col', images.shape, [filterH, filterW], stride, pad)
  const kernels = kernelsOf(images)
  const { rows, outHeight, outWidth, channels } = window
  const columns = kernels.empty([rows * outHeight * outWidth, channels * filterH * filterW])
  kernels.im2col({ columns, x: images, ...window })
  return columns
}

/**
 * (N·OH·OW, C·FH·FW) → (N, C, H, W) = `inputShape`: adds every row back to the places that im2col took it from, which
 * overlap, and leaves the padding out (row 41). It is im2col's adjoint, not its inverse.
 */
export function col2im(
  col: TensorLike,
  inputShape: Shape,
  filterH: number,
  filterW: number,
  stride = 1,
  pad = 0,
): Tensor {
  const columns = toFloat(col)
  const window = windowOf('col2im', inputShape, [filterH, filterW], stride, pad)
  const { rows, outHeight, outWidth, channels } = window
  requireShape('col2im: col', columns.shape, [rows * outHeight * outWidth, channels * filterH * filterW])
  const kernels = kernelsOf(columns)
  const x = kernels.empty(inputShape)
  kernels.col2im({ x, columns, ...window })
  return x
}

/** The window kernels' sizes for images (N, C, H, W), or one image (C, H, W), and a filter [FH, FW]. */
export function windowOf(where: string, shape: Shape, filter: readonly [number, number], stride: number, pad: number) {
  if (shape.length !== 3 && shape.length !== 4) {
    throw netwrightError(
      'ERR_SHAPE',
      `${where}: images of shape ${shapeText(shape)}, expected (samples, channels, height, width), or ` +
        '(channels, height, width) for one',
      'RangeError',
    )
  }
  const image = shape.slice(-3) as [number, number, number]
  const rows = shape.length === 4 ? (shape[0] as number) : 1
  return { rows, ...new Window(where, filter, { stride, padding: pad }).sizes(image) }
}
