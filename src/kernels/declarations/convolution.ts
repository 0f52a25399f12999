// Convolution of images (rows,channels,height,width) with filters (filters,channels,kernelHeight,kernelWidth), and the
// patches that it is made of. As everywhere in this field it is a cross-correlation: filters are not flipped.

import { input, kernel, optionalInput, optionalSize, out, size, splitByKernel, splitRows } from '../declaration.js'
import { windowRules, windowSizes } from './window.js'

const images = 'rows * channels * height * width'
const outputs = 'rows * filters * outHeight * outWidth'
const weights = 'filters * channels * kernelHeight * kernelWidth'
const patches = 'rows * outHeight * outWidth * channels * kernelHeight * kernelWidth'
const flops = '2 * rows * outHeight * outWidth * filters * channels * kernelHeight * kernelWidth'
const cost = 'rows * outHeight * outWidth * filters * channels * kernelHeight * kernelWidth / 60'

export const convolution = {
  /**
   * y[n,f,oh,ow] = relu?(Σ over c,kh,kw of x[n,c,oh·strideHeight-padTop+kh,ow·strideWidth-padLeft+kw] · weight[f,c,kh,kw]
   * + bias[f]); x is 0 outside the image. Bias and ReLU are applied after the whole sum.
   */
  conv2dForward: kernel({
    parameters: [
      out('y', outputs),
      input('x', images),
      input('weight', weights),
      optionalInput('bias', 'filters'),
      ...windowSizes,
      size('filters'),
      optionalSize('relu', 0),
    ],
    rules: [...windowRules, 'relu <= 1'],
    split: splitByKernel('samples'),
    flops,
    cost,
  }),
  /** dx = the gradient of conv2dForward's x (without ReLU) from dy (rows,filters,outHeight,outWidth). */
  conv2dInputGradient: kernel({
    parameters: [out('dx', images), input('dy', outputs), input('weight', weights), ...windowSizes, size('filters')],
    rules: [...windowRules],
    split: splitByKernel('samples'),
    flops,
    cost,
  }),
  /**
   * partials (groups, filters,channels,kernelHeight,kernelWidth): the gradient of conv2dForward's weight, summed over
   * each group of samples; group g has the samples from g · rows / groups (rounded down) up to the next group's first.
   * sumRows over `groups` makes the gradient of it, in one order for any number of threads. An empty group is 0.
   */
  conv2dWeightGradient: kernel({
    parameters: [
      out('partials', `groups * ${weights}`),
      input('dy', outputs),
      input('x', images),
      ...windowSizes,
      size('filters'),
      size('groups'),
    ],
    rules: [...windowRules, 'groups >= 1 && groups <= 65536'],
    split: { by: 'groups', units: 'groups', block: 1 },
    flops,
    cost,
  }),
  /**
   * columns (rows·outHeight·outWidth, channels·kernelHeight·kernelWidth): row (n,oh,ow) holds the window of x that
   * output (oh,ow) of sample n sees, 0 outside the image.
   */
  im2col: kernel({
    parameters: [out('columns', patches), input('x', images), ...windowSizes],
    rules: [...windowRules],
    split: splitRows('rows * outHeight'),
    flops: '0',
    cost: 'rows * outHeight * outWidth * channels * kernelHeight * kernelWidth / 4',
  }),
  /**
   * x (rows,channels,height,width) = the sum of what im2col copied from each place: its adjoint, so that
   * Σ columns · im2col(x) = Σ x · col2im(columns). Windows are added in ascending order of (oh,ow).
   */
  col2im: kernel({
    parameters: [out('x', images), input('columns', patches), ...windowSizes],
    rules: [...windowRules],
    split: splitRows('rows * channels'),
    flops: patches,
    cost: 'rows * outHeight * outWidth * channels * kernelHeight * kernelWidth / 4',
  }),
} as const
