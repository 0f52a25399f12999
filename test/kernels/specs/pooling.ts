// Specs of src/kernels/declarations/pooling.ts.

import fc from 'fast-check'
import type { pooling as declared } from '../../../src/kernels/declarations/pooling.js'
import type { LoopArguments } from '../../../src/kernels/reference/index.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { whole } from '../values.js'
import { range, sumError, tiny, u } from './common.js'

interface Axis {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly pad: number
  /** Outputs fewer than there is room for. */
  readonly less?: number
  /** Outputs of windows that reach over the far edge, as far as the rules allow. */
  readonly over?: boolean
}
/** The outputs of an axis: those of whole windows, and all that meet the image where `over`. */
function outputsOf({ size, kernel, stride, pad, less = 0, over = false }: Axis): number {
  const most = Math.floor((size + pad - 1) / stride) + 1
  const fitting = Math.floor((size + 2 * pad - kernel) / stride) + 1
  return Math.max(1, (over ? most : Math.min(most, fitting)) - less)
}
const poolSizes = (rows: number, channels: number, vertical: Axis, horizontal: Axis): Numbers => ({
  rows,
  channels,
  height: vertical.size,
  width: horizontal.size,
  kernelHeight: vertical.kernel,
  kernelWidth: horizontal.kernel,
  outHeight: outputsOf(vertical),
  outWidth: outputsOf(horizontal),
  strideHeight: vertical.stride,
  strideWidth: horizontal.stride,
  padTop: vertical.pad,
  padLeft: horizontal.pad,
})
/** What is left for a kernel that does not know of windows. */
const withoutWindow = ({ rows = 0, channels = 0, height = 0, width = 0, outHeight = 0, outWidth = 0 }: Numbers) => ({
  rows,
  channels,
  height,
  width,
  outHeight,
  outWidth,
})
const square = (size: number, kernel: number, stride: number, pad = 0): Axis => ({ size, kernel, stride, pad })

/** Every stride with every kernel and padding at widths around every vector; then global windows and odd shapes. */
const poolCases: readonly Numbers[] = [
  poolSizes(0, 3, square(4, 2, 2), square(4, 2, 2)),
  poolSizes(1, 1, square(1, 1, 1), square(1, 1, 1)),
  ...range(2, 70).map((width) => poolSizes(2, 1, square(3, 2, 2), square(width, 2, 2))),
  ...range(3, 40).map((width) => poolSizes(1, 2, square(4, 3, 1, 1), square(width, 3, 1, 1))),
  ...[1, 2, 3, 4].flatMap((stride) =>
    [1, 2, 3, 5].flatMap((kernel) =>
      [0, kernel - 1].flatMap((pad) =>
        [5, 17, 34].map((width) =>
          poolSizes(
            2,
            2,
            { size: 6, kernel: Math.min(kernel, 3), stride, pad: Math.min(pad, 2), over: width === 17 },
            { size: width, kernel, stride, pad, over: width !== 34 },
          ),
        ),
      ),
    ),
  ),
  ...[1, 4, 7, 8, 14].map((size) => poolSizes(3, 2, square(size, size, 1), square(size, size, 1))),
  poolSizes(2, 3, square(3, 3, 1), square(19, 19, 1)),
  // The kernel is larger than the image, the image larger than what the outputs see.
  poolSizes(2, 1, { size: 2, kernel: 5, stride: 2, pad: 2, over: true }, { size: 3, kernel: 9, stride: 1, pad: 4 }),
  poolSizes(
    2,
    1,
    { size: 9, kernel: 2, stride: 2, pad: 0, less: 2 },
    { size: 40, kernel: 2, stride: 2, pad: 0, less: 5 },
  ),
  poolSizes(1, 1, square(2, 2, 2), square(2100, 2, 2)),
]
const axis: fc.Arbitrary<Axis> = fc
  .record({
    size: fc.integer({ min: 1, max: 40 }),
    kernel: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.nat(4),
    over: fc.boolean(),
    less: fc.nat(1),
  })
  .map(({ padding, ...rest }) => ({ ...rest, pad: Math.min(padding, rest.kernel - 1) }))
const poolRandom = fc
  .record({ rows: fc.nat(3), channels: fc.integer({ min: 1, max: 3 }), vertical: axis, horizontal: axis })
  .map(({ rows, channels, vertical, horizontal }) => poolSizes(rows, channels, vertical, horizontal))
const countPadding = (numbers: Numbers, i: number): Numbers => ({ ...numbers, countPadding: i % 2 })
const averageRandom = fc.tuple(poolRandom, fc.nat(1)).map(([numbers, turn]) => countPadding(numbers, turn))

/** The pools of SimpleConvNet and DeepConvNet at batch 100; overlapping ones; the mean of whole images. */
const halved = (channels: number, size: number): Numbers =>
  poolSizes(100, channels, square(size, 2, 2), square(size, 2, 2))
const poolBenchmark = {
  'SimpleConvNet 30x24x24': halved(30, 24),
  'DeepConvNet 16x28x28': halved(16, 28),
  'DeepConvNet 32x16x16': halved(32, 16),
  'DeepConvNet 64x8x8': halved(64, 8),
  '3x3 stride 1 16x28x28': poolSizes(100, 16, square(28, 3, 1, 1), square(28, 3, 1, 1)),
  'global 64x8x8': poolSizes(100, 64, square(8, 8, 1), square(8, 8, 1)),
}
/**
 * Calls visit(output, place, places) for every place of every window, as offsets in y and x, places being what the
 * window's sum is divided by.
 */
function forWindows(
  g: LoopArguments<'averagePoolForward'> | LoopArguments<'averagePoolBackward'>,
  visit: (output: number, place: number, places: number) => void,
): void {
  const inside = (first: number, kernel: number, size: number): number[] =>
    range(first, first + kernel - 1).filter((i) => i >= 0 && i < size)
  for (let output = 0; output < g.rows * g.channels * g.outHeight * g.outWidth; output++) {
    const ow = output % g.outWidth
    const oh = Math.floor(output / g.outWidth) % g.outHeight
    const image = Math.floor(output / (g.outWidth * g.outHeight))
    const ihs = inside(oh * g.strideHeight - g.padTop, g.kernelHeight, g.height)
    const iws = inside(ow * g.strideWidth - g.padLeft, g.kernelWidth, g.width)
    const places = g.countPadding ? g.kernelHeight * g.kernelWidth : ihs.length * iws.length
    for (const ih of ihs) for (const iw of iws) visit(output, (image * g.height + ih) * g.width + iw, places)
  }
}
/** A sum's terms: how many, and the sum of their sizes. */
interface Terms {
  readonly counts: Float64Array
  readonly sizes: Float64Array
}
const noTerms = (length: number): Terms => ({ counts: new Float64Array(length), sizes: new Float64Array(length) })
function addTerm({ counts, sizes }: Terms, i: number, size: number): void {
  counts[i] += 1
  sizes[i] += size
}
/** The error of each sum and of `more` further operations on its terms. */
const boundOf =
  ({ counts, sizes }: Terms, more: number) =>
  (i: number): number =>
    u * (sumError(counts[i]) + more) * sizes[i] + (counts[i] + 2) * tiny

const example = { rows: 1, channels: 1, height: 3, width: 3, kernelHeight: 2, kernelWidth: 2 }

export const pooling = {
  maxPoolForward: {
    // 3x3 with padding 1 above and to the left, stride 2: of -9, of -7 -8, of -3 -6, of -2 -2 -4 -5.
    // The image's places are 0 1 2 / 3 4 5 / 6 7 8.
    example: {
      args: {
        y: [9, 9, 9, 9],
        argMax: [9, 9, 9, 9],
        x: [-9, -7, -8, -3, -2, -2, -6, -4, -5],
        ...example,
        outHeight: 2,
        outWidth: 2,
        strideHeight: 2,
        strideWidth: 2,
        padTop: 1,
        padLeft: 1,
      },
      answer: { y: [-9, -7, -3, -2], argMax: [0, 1, 3, 4] },
    },
    cases: poolCases,
    random: poolRandom,
    // Few different values, all negative, so that the first of several is wanted and padding must not win.
    inputs: {
      x: (random) => {
        const below9 = whole(random, 9)
        return () => below9() - 9
      },
    },
    benchmark: poolBenchmark,
  },
  maxPoolBackward: {
    example: {
      args: {
        dx: [9, 9, 9, 9],
        dy: [1, 2, 4, 8],
        argMax: [2, 0, 2, 1],
        rows: 1,
        channels: 1,
        height: 2,
        width: 2,
        outHeight: 2,
        outWidth: 2,
      },
      answer: { dx: [2, 8, 5, 0] },
    },
    cases: poolCases.map(withoutWindow),
    random: fc.record({
      rows: fc.nat(4),
      channels: fc.integer({ min: 1, max: 4 }),
      height: fc.integer({ min: 1, max: 20 }),
      width: fc.integer({ min: 1, max: 20 }),
      outHeight: fc.nat(20),
      outWidth: fc.nat(20),
    }),
    // Of halved images a place in the output's own window of 2 by 2, otherwise any.
    inputs: {
      argMax: (random, { height = 0, width = 0, outHeight = 0, outWidth = 0 }) => {
        if (height >> 1 !== outHeight || width >> 1 !== outWidth) return whole(random, height * width)
        const side = whole(random, 2)
        return (i) => {
          const [oh, ow] = [Math.floor(i / outWidth) % outHeight, i % outWidth]
          return (2 * oh + side()) * width + 2 * ow + side()
        }
      },
    },
    bounds: ({ dy, argMax, height, width, outHeight, outWidth }, { dx }) => {
      const terms = noTerms(dx.length)
      for (let i = 0; i < dy.length; i++) {
        const image = Math.floor(i / (outHeight * outWidth))
        addTerm(terms, image * height * width + argMax[i], Math.abs(dy[i]))
      }
      return { dx: boundOf(terms, 0) }
    },
    benchmark: Object.fromEntries(
      Object.entries(poolBenchmark).map(([name, numbers]) => [name, withoutWindow(numbers)]),
    ),
  },
  averagePoolForward: {
    // The windows of maxPoolForward's example, without padding.
    example: {
      args: {
        y: [9, 9, 9, 9],
        x: [-9, -7, -8, -3, -2, -2, -6, -4, -5],
        ...example,
        outHeight: 2,
        outWidth: 2,
        strideHeight: 2,
        strideWidth: 2,
        padTop: 1,
        padLeft: 1,
        countPadding: 0,
      },
      answer: { y: [-9, -7.5, -4.5, -3.25] },
    },
    cases: poolCases.map(countPadding),
    random: averageRandom,
    // The sum, the number of places, a division.
    bounds: (args, { y }) => {
      const terms = noTerms(y.length)
      forWindows(args, (output, place, places) => {
        addTerm(terms, output, Math.abs(args.x[place]) / places)
      })
      return { y: boundOf(terms, 2) }
    },
    benchmark: poolBenchmark,
  },
  averagePoolBackward: {
    // Padding counts: every window has 4 places. The first sees x[0], the second x[1] and x[2], and so on.
    example: {
      args: {
        dx: [9, 9, 9, 9, 9, 9, 9, 9, 9],
        dy: [4, 8, 12, 16],
        ...example,
        outHeight: 2,
        outWidth: 2,
        strideHeight: 2,
        strideWidth: 2,
        padTop: 1,
        padLeft: 1,
      },
      answer: { dx: [1, 2, 2, 3, 4, 4, 3, 4, 4] },
    },
    cases: poolCases.map(countPadding),
    random: averageRandom,
    // The number of places, a division, the sum.
    bounds: (args, { dx }) => {
      const terms = noTerms(dx.length)
      forWindows(args, (output, place, places) => {
        addTerm(terms, place, Math.abs(args.dy[output]) / places)
      })
      return { dx: boundOf(terms, 2) }
    },
    benchmark: poolBenchmark,
  },
} satisfies SpecsOf<typeof declared>
