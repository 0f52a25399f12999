// The geometry that convolution, pooling and im2col share.

import { size } from '../declaration.js'

/**
 * How a window passes over images (rows,channels,height,width): output (oh,ow) sees input rows from
 * oh · strideHeight - padTop on and columns from ow · strideWidth - padLeft on, kernelHeight by kernelWidth of them.
 * Places outside the image are padding, also below and to the right of it: how far those go, outHeight and outWidth
 * say.
 */
export const windowSizes = [
  size('rows'),
  size('channels'),
  size('height'),
  size('width'),
  size('kernelHeight'),
  size('kernelWidth'),
  size('outHeight'),
  size('outWidth'),
  size('strideHeight'),
  size('strideWidth'),
  size('padTop'),
  size('padLeft'),
] as const

/** Bounds that keep every place within 64-bit integers, whatever the numbers. */
export const windowRules = [
  'kernelHeight >= 1 && kernelHeight <= 65536',
  'kernelWidth >= 1 && kernelWidth <= 65536',
  'strideHeight >= 1 && strideHeight <= 65536',
  'strideWidth >= 1 && strideWidth <= 65536',
  'padTop <= 65536 && padLeft <= 65536',
  'channels >= 1 && height >= 1 && width >= 1 && outHeight >= 1 && outWidth >= 1',
  'height * width <= 2147483647',
  'outHeight * outWidth <= 2147483647',
  'kernelHeight * kernelWidth <= 2147483647',
] as const
