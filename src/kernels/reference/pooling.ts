// Pooling: the largest or the mean of each window, channel by channel. A window that reaches over the image's edge is
// cut there; the rules of the declarations leave it at least one place.

import type { Failure } from '../check.js'
import type { LoopArguments } from './loop.js'

/** y (rows,channels,outHeight,outWidth) = the first largest of each window of x; argMax = its place ih · width + iw. */
export function maxPoolForward(args: LoopArguments<'maxPoolForward'>): undefined {
  const { y, argMax, x, rows, channels, height, width, kernelHeight, kernelWidth } = args
  const { outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft } = args
  let to = 0
  for (let image = 0; image < rows * channels; image++) {
    const from = image * height * width
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padTop
      const [firstRow, endRow] = [Math.max(top, 0), Math.min(top + kernelHeight, height)]
      for (let ow = 0; ow < outWidth; ow++, to++) {
        const left = ow * strideWidth - padLeft
        const first = Math.max(left, 0)
        const end = Math.min(left + kernelWidth, width)
        let place = firstRow * width + first
        let largest = x[from + place]
        for (let row = firstRow * width; row < endRow * width; row += width) {
          for (let i = row + first; i < row + end; i++) {
            const value = x[from + i]
            if (value <= largest || Number.isNaN(largest)) continue
            largest = value
            place = i
          }
        }
        y[to] = largest
        argMax[to] = place
      }
    }
  }
}

/** dx (rows,channels,height,width) = Σ of dy at the places argMax, in ascending order. */
export function maxPoolBackward(args: LoopArguments<'maxPoolBackward'>): Failure | undefined {
  const { dx, dy, argMax, rows, channels, height, width, outHeight, outWidth } = args
  const [places, outPlaces] = [height * width, outHeight * outWidth]
  dx.fill(0, 0, rows * channels * places)
  for (let image = 0, i = 0; image < rows * channels; image++) {
    const from = image * places
    for (const end = i + outPlaces; i < end; i++) {
      const place = argMax[i]
      if (place < 0 || place >= places) return { code: 1, row: i, value: place }
      dx[from + place] += dy[i]
    }
  }
  return undefined
}

/** y (rows,channels,outHeight,outWidth) = Σ of each window of x / its places, with or without the padding's. */
export function averagePoolForward(args: LoopArguments<'averagePoolForward'>): undefined {
  const { y, x, rows, channels, height, width, kernelHeight, kernelWidth, countPadding } = args
  const { outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft } = args
  let to = 0
  for (let image = 0; image < rows * channels; image++) {
    const from = image * height * width
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padTop
      const [firstRow, endRow] = [Math.max(top, 0), Math.min(top + kernelHeight, height)]
      const windowRows = countPadding ? kernelHeight : endRow - firstRow
      for (let ow = 0; ow < outWidth; ow++, to++) {
        const left = ow * strideWidth - padLeft
        const first = Math.max(left, 0)
        const end = Math.min(left + kernelWidth, width)
        let total = 0
        for (let row = from + firstRow * width; row < from + endRow * width; row += width) {
          for (let i = row + first; i < row + end; i++) total += x[i]
        }
        y[to] = total / (windowRows * (countPadding ? kernelWidth : end - first))
      }
    }
  }
}

/** dx (rows,channels,height,width) = Σ over the windows that see a place of dy / their places. */
export function averagePoolBackward(args: LoopArguments<'averagePoolBackward'>): undefined {
  const { dx, dy, rows, channels, height, width, kernelHeight, kernelWidth, countPadding } = args
  const { outHeight, outWidth, strideHeight, strideWidth, padTop, padLeft } = args
  dx.fill(0, 0, rows * channels * height * width)
  let at = 0
  for (let image = 0; image < rows * channels; image++) {
    const from = image * height * width
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padTop
      const [firstRow, endRow] = [Math.max(top, 0), Math.min(top + kernelHeight, height)]
      const windowRows = countPadding ? kernelHeight : endRow - firstRow
      for (let ow = 0; ow < outWidth; ow++, at++) {
        const left = ow * strideWidth - padLeft
        const first = Math.max(left, 0)
        const end = Math.min(left + kernelWidth, width)
        const share = dy[at] / (windowRows * (countPadding ? kernelWidth : end - first))
        for (let row = from + firstRow * width; row < from + endRow * width; row += width) {
          for (let i = row + first; i < row + end; i++) dx[i] += share
        }
      }
    }
  }
}
