// im2col and col2im: the windows of images as rows of a matrix, and back.

import type { LoopArguments } from './loop.js'

/** Row (n,oh,ow) of columns = what output (oh,ow) of sample n sees, 0 outside the image. */
export function im2col({
  columns,
  x,
  rows,
  channels,
  height,
  width,
  kernelHeight,
  kernelWidth,
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  padTop,
  padLeft,
}: LoopArguments<'im2col'>): undefined {
  let to = 0
  for (let n = 0; n < rows; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padTop
      for (let ow = 0; ow < outWidth; ow++) {
        const left = ow * strideWidth - padLeft
        for (let c = 0; c < channels; c++) {
          for (let ih = top; ih < top + kernelHeight; ih++) {
            const from = ((n * channels + c) * height + ih) * width
            const inside = ih >= 0 && ih < height
            for (let iw = left; iw < left + kernelWidth; iw++) {
              columns[to] = inside && iw >= 0 && iw < width ? x[from + iw] : 0
              to++
            }
          }
        }
      }
    }
  }
}

/** x = the sum of what im2col copied from each place, windows in ascending order. */
export function col2im({
  x,
  columns,
  rows,
  channels,
  height,
  width,
  kernelHeight,
  kernelWidth,
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  padTop,
  padLeft,
}: LoopArguments<'col2im'>): undefined {
  x.fill(0, 0, rows * channels * height * width)
  let from = 0
  for (let n = 0; n < rows; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padTop
      for (let ow = 0; ow < outWidth; ow++) {
        const left = ow * strideWidth - padLeft
        for (let c = 0; c < channels; c++) {
          for (let ih = top; ih < top + kernelHeight; ih++) {
            const to = ((n * channels + c) * height + ih) * width
            const inside = ih >= 0 && ih < height
            for (let iw = left; iw < left + kernelWidth; iw++) {
              if (inside && iw >= 0 && iw < width) x[to + iw] += columns[from]
              from++
            }
          }
        }
      }
    }
  }
}
