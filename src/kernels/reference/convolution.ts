// Convolution and its gradients. Four filters (or channels) at a time share what they read of the images: the four sums
// stay in registers. Past the last filter the last is taken again, and the same sum stored again.

import type { LoopArguments } from './loop.js'

/** y = relu?(windows of x · weight + bias): for each output the part of its window that lies inside the image. */
export function conv2dForward({
  y,
  x,
  weight,
  bias,
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
  filters,
  relu,
}: LoopArguments<'conv2dForward'>): undefined {
  const kernel = kernelHeight * kernelWidth
  const weights = channels * kernel
  const outputs = outHeight * outWidth
  const put = (filter: number, at: number, sum: number): void => {
    const value = bias === null ? sum : sum + bias[filter]
    y[at] = relu === 1 && value < 0 ? 0 : value
  }
  for (let n = 0; n < rows; n++) {
    for (let f = 0; f < filters; f += 4) {
      const f1 = Math.min(f + 1, filters - 1)
      const f2 = Math.min(f + 2, filters - 1)
      const f3 = Math.min(f + 3, filters - 1)
      for (let oh = 0; oh < outHeight; oh++) {
        const top = oh * strideHeight - padTop
        const khBegin = Math.max(0, -top)
        const khEnd = Math.min(kernelHeight, height - top)
        for (let ow = 0; ow < outWidth; ow++) {
          const left = ow * strideWidth - padLeft
          const kwBegin = Math.max(0, -left)
          const kwEnd = Math.min(kernelWidth, width - left)
          let s0 = 0
          let s1 = 0
          let s2 = 0
          let s3 = 0
          for (let c = 0; c < channels; c++) {
            for (let kh = khBegin; kh < khEnd; kh++) {
              const xi = ((n * channels + c) * height + top + kh) * width + left
              const tap = c * kernel + kh * kernelWidth
              const w0 = f * weights + tap
              const w1 = f1 * weights + tap
              const w2 = f2 * weights + tap
              const w3 = f3 * weights + tap
              for (let kw = kwBegin; kw < kwEnd; kw++) {
                const value = x[xi + kw]
                s0 += value * weight[w0 + kw]
                s1 += value * weight[w1 + kw]
                s2 += value * weight[w2 + kw]
                s3 += value * weight[w3 + kw]
              }
            }
          }
          const at = n * filters * outputs + oh * outWidth + ow
          put(f, at + f * outputs, s0)
          put(f1, at + f1 * outputs, s1)
          put(f2, at + f2 * outputs, s2)
          put(f3, at + f3 * outputs, s3)
        }
      }
    }
  }
}

/** dx: for each place the sum over the outputs whose windows see it. */
export function conv2dInputGradient({
  dx,
  dy,
  weight,
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
  filters,
}: LoopArguments<'conv2dInputGradient'>): undefined {
  const kernel = kernelHeight * kernelWidth
  const weights = channels * kernel
  const outputs = outHeight * outWidth
  const places = height * width
  for (let n = 0; n < rows; n++) {
    for (let c = 0; c < channels; c += 4) {
      const c1 = Math.min(c + 1, channels - 1)
      const c2 = Math.min(c + 2, channels - 1)
      const c3 = Math.min(c + 3, channels - 1)
      for (let ih = 0; ih < height; ih++) {
        // Window oh starts at oh · strideHeight - padTop: it sees row ih at its row ih + padTop - oh · strideHeight.
        const ohBegin = Math.max(0, Math.ceil((ih + padTop - kernelHeight + 1) / strideHeight))
        const ohEnd = Math.min(outHeight, Math.floor((ih + padTop) / strideHeight) + 1)
        for (let iw = 0; iw < width; iw++) {
          const owBegin = Math.max(0, Math.ceil((iw + padLeft - kernelWidth + 1) / strideWidth))
          const owEnd = Math.min(outWidth, Math.floor((iw + padLeft) / strideWidth) + 1)
          let s0 = 0
          let s1 = 0
          let s2 = 0
          let s3 = 0
          for (let f = 0; f < filters; f++) {
            for (let oh = ohBegin; oh < ohEnd; oh++) {
              const di = (n * filters + f) * outputs + oh * outWidth
              const tap = f * weights + (ih + padTop - oh * strideHeight) * kernelWidth + iw + padLeft
              const w0 = tap + c * kernel
              const w1 = tap + c1 * kernel
              const w2 = tap + c2 * kernel
              const w3 = tap + c3 * kernel
              for (let ow = owBegin; ow < owEnd; ow++) {
                const value = dy[di + ow]
                const back = ow * strideWidth
                s0 += value * weight[w0 - back]
                s1 += value * weight[w1 - back]
                s2 += value * weight[w2 - back]
                s3 += value * weight[w3 - back]
              }
            }
          }
          const at = n * channels * places + ih * width + iw
          dx[at + c * places] = s0
          dx[at + c1 * places] = s1
          dx[at + c2 * places] = s2
          dx[at + c3 * places] = s3
        }
      }
    }
  }
}

/** partials: for each weight and group, the sum over the group's samples and the outputs that see the image there. */
export function conv2dWeightGradient({
  partials,
  dy,
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
  filters,
  groups,
}: LoopArguments<'conv2dWeightGradient'>): undefined {
  const weights = channels * kernelHeight * kernelWidth
  const outputs = outHeight * outWidth
  for (let g = 0; g < groups; g++) {
    const nBegin = Math.floor((g * rows) / groups)
    const nEnd = Math.floor(((g + 1) * rows) / groups)
    for (let f = 0; f < filters; f += 4) {
      const f1 = Math.min(f + 1, filters - 1)
      const f2 = Math.min(f + 2, filters - 1)
      const f3 = Math.min(f + 3, filters - 1)
      for (let tap = 0; tap < weights; tap++) {
        const kw = tap % kernelWidth
        const kh = Math.floor(tap / kernelWidth) % kernelHeight
        const c = Math.floor(tap / (kernelWidth * kernelHeight))
        const ohBegin = Math.max(0, Math.ceil((padTop - kh) / strideHeight))
        const ohEnd = Math.min(outHeight, Math.ceil((height + padTop - kh) / strideHeight))
        const owBegin = Math.max(0, Math.ceil((padLeft - kw) / strideWidth))
        const owEnd = Math.min(outWidth, Math.ceil((width + padLeft - kw) / strideWidth))
        let s0 = 0
        let s1 = 0
        let s2 = 0
        let s3 = 0
        for (let n = nBegin; n < nEnd; n++) {
          for (let oh = ohBegin; oh < ohEnd; oh++) {
            const xi = ((n * channels + c) * height + oh * strideHeight - padTop + kh) * width - padLeft + kw
            const di = n * filters * outputs + oh * outWidth
            const d0 = di + f * outputs
            const d1 = di + f1 * outputs
            const d2 = di + f2 * outputs
            const d3 = di + f3 * outputs
            for (let ow = owBegin; ow < owEnd; ow++) {
              const value = x[xi + ow * strideWidth]
              s0 += value * dy[d0 + ow]
              s1 += value * dy[d1 + ow]
              s2 += value * dy[d2 + ow]
              s3 += value * dy[d3 + ow]
            }
          }
        }
        const at = g * filters * weights + tap
        partials[at + f * weights] = s0
        partials[at + f1 * weights] = s1
        partials[at + f2 * weights] = s2
        partials[at + f3 * weights] = s3
      }
    }
  }
}
