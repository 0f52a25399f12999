// Specs of src/kernels/declarations/convolution.ts.

import fc from 'fast-check'
import type { convolution as declared } from '../../../src/kernels/declarations/convolution.js'
import { type LoopArguments, runLoop } from '../../../src/kernels/reference/index.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Numbers, SpecsOf } from '../spec.js'
import { range, sumError, tiny, u } from './common.js'
import { mayTakeWinograd, winogradBound, winogradWeightsBound } from './winograd.js'

interface Shape {
  readonly rows?: number
  readonly channels?: number
  /** Height and width. */
  readonly image?: readonly [number, number]
  readonly kernel?: readonly [number, number]
  readonly stride?: readonly [number, number]
  readonly pad?: readonly [number, number]
  /** As many as fit with equal padding on both sides, unless given. */
  readonly out?: readonly [number, number]
}

function windows({
  rows = 1,
  channels = 1,
  image: [height, width] = [5, 5],
  kernel: [kernelHeight, kernelWidth] = [3, 3],
  stride: [strideHeight, strideWidth] = [1, 1],
  pad: [padTop, padLeft] = [0, 0],
  out = [
    Math.floor((height + 2 * padTop - kernelHeight) / strideHeight) + 1,
    Math.floor((width + 2 * padLeft - kernelWidth) / strideWidth) + 1,
  ],
}: Shape) {
  return {
    rows,
    channels,
    height,
    width,
    kernelHeight,
    kernelWidth,
    outHeight: out[0],
    outWidth: out[1],
    strideHeight,
    strideWidth,
    padTop,
    padLeft,
  }
}

/** Every width and kernel, strides against kernels, windows in nothing but padding, places that no window sees. */
const windowCases: readonly Numbers[] = [
  windows({ rows: 0 }),
  ...range(1, 36).map((width) => windows({ rows: 2, channels: 2, image: [3, width], pad: [1, 1] })),
  ...range(1, 9).flatMap((size) => [
    windows({ channels: 3, image: [9, 11], kernel: [size, 10 - size], pad: [size >> 1, 0] }),
    windows({ image: [size, 4], kernel: [size, 2], pad: [0, size], out: [1, 3] }),
  ]),
  ...range(1, 4).flatMap((stride) =>
    range(1, 5).flatMap((size) => [
      windows({ rows: 2, channels: 2, image: [9, 8], kernel: [size, 3], stride: [stride, 5 - stride], pad: [1, 2] }),
      windows({ image: [7, 10], kernel: [2, size], stride: [2, stride], pad: [0, size] }),
    ]),
  ),
  windows({ image: [3, 3], kernel: [2, 2], pad: [9, 9], out: [20, 20] }),
  windows({ image: [3, 3], kernel: [2, 2], pad: [9, 9], out: [2, 2] }),
  windows({ rows: 3, image: [2, 3], kernel: [4, 4], stride: [3, 3], pad: [1, 1], out: [3, 5] }),
  windows({ image: [30, 31], kernel: [2, 2], stride: [7, 9] }),
  windows({ rows: 3, channels: 5, image: [4, 4], kernel: [1, 1] }),
  windows({ rows: 2, image: [28, 28], kernel: [5, 5] }),
  windows({ channels: 8, image: [14, 14], pad: [2, 2] }),
]
/** Beyond one block of taps and one chunk of outputs. */
const longCases: readonly Numbers[] = [
  windows({ channels: 300, image: [3, 3], kernel: [2, 2] }),
  windows({ channels: 2, image: [2, 1203], kernel: [2, 1100] }),
  windows({ channels: 2, image: [560, 3], kernel: [550, 2], stride: [3, 1] }),
  windows({ image: [1, 50021], kernel: [1, 3], pad: [0, 1] }),
  windows({ channels: 16, image: [55, 52], pad: [1, 1] }),
  windows({ rows: 2, image: [41, 43], kernel: [2, 2], stride: [1, 1] }),
  windows({ channels: 270, image: [5, 4], kernel: [3, 2], stride: [2, 3], pad: [1, 1] }),
  windows({ channels: 2, image: [80, 90], kernel: [2, 2], stride: [2, 2] }),
]
const windowRandom = fc
  .record({
    rows: fc.nat(3),
    channels: fc.integer({ min: 1, max: 6 }),
    image: fc.tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 20 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    pad: fc.tuple(fc.nat(6), fc.nat(6)),
    out: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 })),
  })
  .map(windows)

/**
 * Winograd's way, and just beside it: images of 1 to 9 pixels and more, any padding, partial tiles and vectors, several
 * samples in a unit and several units, several units and patches in an image, what is too large for scratch.
 */
const winogradCases: readonly Numbers[] = [
  { ...windows({ rows: 0, channels: 16, image: [8, 8], pad: [1, 1] }), filters: 16 },
  ...range(1, 9).flatMap((size) => [
    { ...windows({ rows: 2, channels: 16, image: [size, 9], pad: [1, 1] }), filters: 16 },
    { ...windows({ channels: 16, image: [10 - size, size], pad: [2, 2] }), filters: 15 },
    { ...windows({ rows: 2, channels: 16, image: [4, size], pad: [size >> 1, 2], out: [4, 8] }), filters: 13 },
  ]),
  ...range(7, 18).map((channels) => ({
    ...windows({ rows: 3, channels, image: [6, 6] }),
    filters: 8 + ((channels * 5) % 11),
  })),
  ...range(1, 5).map((rows) => ({ ...windows({ rows, channels: 16, image: [14, 14], pad: [1, 1] }), filters: 32 })),
  { ...windows({ rows: 31, channels: 16, image: [3, 4], pad: [1, 0], out: [4, 4] }), filters: 16 },
  { ...windows({ rows: 15, channels: 31, image: [8, 8], pad: [1, 1] }), filters: 30 },
  { ...windows({ rows: 2, channels: 16, image: [28, 28], pad: [1, 1] }), filters: 16 },
  { ...windows({ channels: 16, image: [14, 15], pad: [2, 2] }), filters: 16 },
  { ...windows({ channels: 8, image: [37, 34] }), filters: 16 },
  { ...windows({ rows: 2, channels: 16, image: [4, 226], pad: [1, 1] }), filters: 16 },
  { ...windows({ channels: 16, image: [3, 4], pad: [7, 9], out: [16, 20] }), filters: 16 },
  { ...windows({ channels: 16, image: [20, 20], pad: [0, 0], out: [4, 8] }), filters: 16 },
  { ...windows({ channels: 160, image: [4, 4], pad: [1, 1] }), filters: 160 },
]

const filterCases: readonly Numbers[] = [
  ...windowCases.map((numbers, i) => ({ ...numbers, filters: 1 + ((i * 7) % 18) })),
  ...longCases.map((numbers, i) => ({ ...numbers, filters: 1 + (i % 3) })),
  ...range(0, 40).map((filters) => ({ ...windows({ image: [4, 6], kernel: [2, 2] }), filters })),
  ...range(1, 20).map((channels) => ({ ...windows({ channels, image: [4, 4], kernel: [2, 2] }), filters: 6 })),
  { ...windows({ rows: 2, channels: 2, image: [4, 5], pad: [1, 1] }), filters: 200 },
  { ...windows({ channels: 2, image: [4, 5], stride: [2, 1], pad: [1, 1] }), filters: 130 },
  ...winogradCases,
]
const winogradRandom = fc
  .record({
    rows: fc.nat(5),
    channels: fc.integer({ min: 8, max: 20 }),
    image: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
    pad: fc.tuple(fc.nat(3), fc.nat(3)),
    out: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
    filters: fc.integer({ min: 8, max: 20 }),
  })
  .map(({ filters, ...shape }) => ({ ...windows(shape), filters }))
const filterRandom = fc.oneof(
  fc
    .record({ numbers: windowRandom, filters: fc.integer({ min: 1, max: 30 }) })
    .map(({ numbers, filters }) => ({ ...numbers, filters })),
  winogradRandom,
)

const layer = (channels: number, size: number, filters: number, kernel: number, pad: number): Numbers => ({
  ...windows({ rows: 100, channels, image: [size, size], kernel: [kernel, kernel], pad: [pad, pad] }),
  filters,
})
/** The layers of the book's two networks at batch 100. */
const layers = {
  '1x28x28 30@5x5': layer(1, 28, 30, 5, 0),
  '1x28x28 16@3x3': layer(1, 28, 16, 3, 1),
  '16x28x28 16@3x3': layer(16, 28, 16, 3, 1),
  '16x14x14 32@3x3': layer(16, 14, 32, 3, 1),
  '32x14x14 32@3x3 pad 2': layer(32, 14, 32, 3, 2),
  '32x8x8 64@3x3': layer(32, 8, 64, 3, 1),
  '64x8x8 64@3x3': layer(64, 8, 64, 3, 1),
}

/** What a kernel answers for the magnitudes of its inputs: the sums of the magnitudes of all terms. */
function magnitudes<K extends 'conv2dForward' | 'conv2dInputGradient' | 'conv2dWeightGradient' | 'col2im'>(
  kernel: K,
  args: LoopArguments<K>,
  output: string,
): TensorData {
  const absolute: Record<string, TensorData | number | null> = {}
  for (const [name, value] of Object.entries(args) as [string, TensorData | number | null][]) {
    absolute[name] = typeof value === 'object' && value !== null ? value.map(Math.abs) : value
  }
  // Neither has a magnitude of its own here.
  if (kernel === 'conv2dForward') absolute.bias = null
  runLoop(kernel, absolute as unknown as LoopArguments<K>)
  return absolute[output] as TensorData
}

/** The windows of two of them, without filters. */
const windowBenchmark = {
  '1x28x28 5x5': windows({ rows: 100, image: [28, 28], kernel: [5, 5] }),
  '16x14x14 3x3': windows({ rows: 100, channels: 16, image: [14, 14], pad: [1, 1] }),
}

const benchmarkLayers = (extra: Numbers): Readonly<Record<string, Numbers>> =>
  Object.fromEntries(Object.entries(layers).map(([name, numbers]) => [name, { ...numbers, ...extra }]))

export const convolution = {
  conv2dForward: {
    example: {
      // The window of output 0 is [0 1 2; 0 4 5] with padding on the left, of output 1 [2 3 0; 5 6 0].
      args: {
        y: [9, 9, 9, 9],
        x: [1, 2, 3, 4, 5, 6],
        weight: [1, 2, 3, 4, 5, 6, -1, 0, 0, 0, 0, 0],
        bias: [-50, 1],
        ...windows({ image: [2, 3], kernel: [2, 3], stride: [1, 2], pad: [0, 1] }),
        filters: 2,
        relu: 1,
      },
      // 2 + 6 + 20 + 30 - 50 and 2 + 6 + 20 + 30 - 50; 0 + 1 and -2 + 1, which ReLU makes 0.
      answer: { y: [8, 8, 1, 0] },
    },
    cases: filterCases.map((numbers, i) => ({ ...numbers, relu: (i >> 1) & 1 })),
    random: filterRandom,
    // The sum over the taps, each product's own rounding part of it; one more addition, of the bias.
    bounds: (before) => {
      const { bias, channels, kernelHeight, kernelWidth, outHeight, outWidth, filters } = before
      const terms = magnitudes('conv2dForward', before, 'y')
      const k = channels * kernelHeight * kernelWidth
      const { x, weight, height, width, padTop, padLeft } = before
      const winograd = mayTakeWinograd(before as unknown as Numbers)
        ? winogradBound(
            { data: x, height, width },
            padTop,
            padLeft,
            weight,
            (filter, channel) => (filter * channels + channel) * 9,
            false,
            before,
          )
        : undefined
      return {
        y: (at) => {
          const added = Math.abs(bias?.[Math.floor(at / (outHeight * outWidth)) % filters] ?? 0)
          const sum = Math.max(u * sumError(k) * (terms[at] as number) + (k + 2) * tiny, winograd?.[at] ?? 0)
          return sum + u * ((terms[at] as number) + added)
        },
      }
    },
    benchmark: benchmarkLayers({ relu: 1 }),
  },
  conv2dInputGradient: {
    example: {
      // Two windows of two columns, two apart: column 2 of the image is seen by the second only, column 4 by none.
      args: {
        dx: [9, 9, 9, 9, 9],
        dy: [1, 10],
        weight: [2, 3],
        ...windows({ image: [1, 5], kernel: [1, 2], stride: [1, 2] }),
        filters: 1,
      },
      answer: { dx: [2, 3, 20, 30, 0] },
    },
    cases: filterCases,
    random: filterRandom,
    bounds: (before) => {
      const terms = magnitudes('conv2dInputGradient', before, 'dx')
      const { dy, weight, channels, filters, height, width, outHeight, outWidth, padTop, padLeft } = before
      const k = filters * before.kernelHeight * before.kernelWidth
      // The convolution of dy with the flipped kernels, filters and channels exchanged.
      const winograd = mayTakeWinograd(before as unknown as Numbers)
        ? winogradBound(
            { data: dy, height: outHeight, width: outWidth },
            2 - padTop,
            2 - padLeft,
            weight,
            (channel, filter) => (filter * channels + channel) * 9,
            true,
            { rows: before.rows, channels: filters, filters: channels, outHeight: height, outWidth: width },
          )
        : undefined
      return {
        dx: (at) => Math.max(u * sumError(k) * (terms[at] as number) + (k + 1) * tiny, winograd?.[at] ?? 0),
      }
    },
    benchmark: layers,
  },
  conv2dWeightGradient: {
    example: {
      // Three samples in two groups: the first alone, the other two together.
      args: {
        partials: [9, 9, 9, 9],
        dy: [1, 2, 10, 20, 100, 200],
        x: [1, 2, 3, 4, 5, 6, 7, 8, 9],
        ...windows({ rows: 3, image: [1, 3], kernel: [1, 2] }),
        filters: 1,
        groups: 2,
      },
      // [1·1 + 2·2, 1·2 + 2·3]; [10·4 + 20·5 + 100·7 + 200·8, 10·5 + 20·6 + 100·8 + 200·9].
      answer: { partials: [5, 8, 2440, 2770] },
    },
    cases: filterCases.map((numbers, i) => ({ ...numbers, groups: 1 + (i % 4) })),
    random: fc
      .record({ numbers: filterRandom, groups: fc.integer({ min: 1, max: 5 }) })
      .map(({ numbers, groups }) => ({ ...numbers, groups })),
    bounds: (before) => {
      const terms = magnitudes('conv2dWeightGradient', before, 'partials')
      const k = Math.ceil(before.rows / before.groups) * before.outHeight * before.outWidth
      const { x, dy, height, width, outHeight, outWidth, padTop, padLeft, groups } = before
      const winograd = mayTakeWinograd(before as unknown as Numbers)
        ? winogradWeightsBound(
            { data: x, height, width },
            padTop,
            padLeft,
            { data: dy, height: outHeight, width: outWidth },
            groups,
            before,
          )
        : undefined
      return {
        partials: (at) => Math.max(u * sumError(k) * (terms[at] as number) + (k + 1) * tiny, winograd?.[at] ?? 0),
      }
    },
    benchmark: benchmarkLayers({ groups: 8 }),
  },
  im2col: {
    example: {
      args: {
        columns: new Array<number>(8).fill(9),
        x: [1, 2, 3, 4],
        ...windows({ image: [2, 2], kernel: [2, 2], stride: [1, 2], pad: [0, 1] }),
      },
      answer: { columns: [0, 1, 0, 3, 2, 0, 4, 0] },
    },
    cases: windowCases,
    random: windowRandom,
    benchmark: windowBenchmark,
  },
  col2im: {
    example: {
      args: {
        x: [9, 9, 9],
        columns: [1, 2, 10, 20, 100, 200],
        ...windows({ image: [1, 3], kernel: [1, 2], pad: [0, 1], out: [1, 3] }),
      },
      answer: { x: [12, 120, 200] },
    },
    cases: windowCases,
    random: windowRandom,
    bounds: (before) => {
      const terms = magnitudes('col2im', before, 'x')
      const k = before.kernelHeight * before.kernelWidth
      return { x: (at) => u * sumError(k) * (terms[at] as number) + k * tiny }
    },
    benchmark: windowBenchmark,
  },
} satisfies SpecsOf<typeof declared>
