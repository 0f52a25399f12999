// Pooling: the largest or the mean of each window, channel by channel.

import { type DeclaredFailure, index, input, kernel, optionalSize, out, size, splitSamples } from '../declaration.js'
import { windowRules, windowSizes } from './window.js'

const images = 'rows * channels * height * width'
const outputs = 'rows * channels * outHeight * outWidth'
const windows = 'rows * channels * outHeight * outWidth * kernelHeight * kernelWidth'

/** Every window must meet the image: a window of padding alone has no largest element and no mean. */
const poolRules = [
  ...windowRules,
  'padTop < kernelHeight',
  'padLeft < kernelWidth',
  '(outHeight - 1) * strideHeight < height + padTop',
  '(outWidth - 1) * strideWidth < width + padLeft',
] as const

const argMaxFailure: DeclaredFailure = {
  kind: 'index',
  text: 'argMax[{row}] is {value}, expected an integer from 0 below {height} * {width}',
}

export const pooling = {
  /**
   * y[n,c,oh,ow] = the largest element of the window, padding left out; argMax: its place in the channel's image,
   * ih · width + iw. The first of several; NaN counts as largest, as in argMax.
   */
  maxPoolForward: kernel({
    parameters: [out('y', outputs), out('argMax', outputs, { element: 'int32' }), input('x', images), ...windowSizes],
    rules: [...poolRules],
    split: splitSamples('rows * channels'),
    flops: windows,
    cost: `${windows} / 8`,
  }),
  /**
   * dx (rows,channels,height,width) = Σ of dy at the places argMax, in ascending order, 0 elsewhere: overlapping windows
   * add up. A failure's row is the place in argMax as a flat array.
   */
  maxPoolBackward: kernel({
    parameters: [
      out('dx', images),
      input('dy', outputs),
      index('argMax', outputs),
      size('rows'),
      size('channels'),
      size('height'),
      size('width'),
      size('outHeight'),
      size('outWidth'),
    ],
    rules: ['height * width <= 2147483647'],
    split: splitSamples('rows * channels'),
    flops: outputs,
    cost: 'rows * channels * (height * width / 32 + outHeight * outWidth / 3)',
    failures: [argMaxFailure],
  }),
  /**
   * y[n,c,oh,ow] = Σ of the window / kernelHeight·kernelWidth, padding counting as zeros; with `countPadding` 0,
   * / the number of its places inside the image.
   */
  averagePoolForward: kernel({
    parameters: [out('y', outputs), input('x', images), ...windowSizes, optionalSize('countPadding', 1)],
    rules: [...poolRules, 'countPadding <= 1'],
    split: splitSamples('rows * channels'),
    flops: windows,
    cost: `${windows} / 12`,
  }),
  /**
   * dx = Σ over the windows that see a place of dy / their divisor: the windows of a row of outputs first, in ascending
   * order, then these rows.
   */
  averagePoolBackward: kernel({
    parameters: [out('dx', images), input('dy', outputs), ...windowSizes, optionalSize('countPadding', 1)],
    rules: [...poolRules, 'countPadding <= 1'],
    split: splitSamples('rows * channels'),
    flops: windows,
    cost: `${windows} / 12`,
  }),
} as const
