// One spec per kernel: a kernel without one does not compile. The parity tests and the benchmark run all of them.

import fc from 'fast-check'
import type { KernelName } from '../../src/kernels/declarations.js'
import type { TensorData } from '../../src/tensor/tensor.js'
import type { Bound, KernelSpec, KernelSpecs, Numbers } from './spec.js'
import { type Random, uniform, whole } from './values.js'

/** Half an ulp of 1: the largest relative error of one float32 operation. */
const u = 2 ** -24
/** Smallest normal float32: what flushing one denormal, as argument or as result, can lose. */
const tiny = 2 ** -126
/** Relative error of a kernel's exp and ln: 2 ulp, and an ulp is at most 2 u. */
const expError = 4

/**
 * Relative error of a float32 sum of n terms, in u, whatever the order: n at worst. Roundings of random signs grow
 * with the root of n, and 6 of their deviations are passed in 1 of 10^8 elements (Higham and Mary 2019).
 */
const sumError = (n: number): number => Math.min(n, 6 * Math.sqrt(n))

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Lengths of flat work: around every vector width, their unrollings, and the block of 4,096. */
const lengths = [
  ...range(0, 20),
  23,
  31,
  32,
  33,
  47,
  48,
  63,
  64,
  65,
  97,
  127,
  128,
  129,
  509,
  1021,
  4095,
  4096,
  4097,
  9001,
]
const flatCases: readonly Numbers[] = lengths.map((n) => ({ n }))
const flatRandom = fc.record({ n: fc.nat(5000) })
/** Rows and columns: few rows of every width, every number of rows, more than a block. */
const rowCases = (columns: string, least: number): readonly Numbers[] =>
  [
    ...range(least, 36).map((width) => [3, width]),
    ...range(0, 18).map((rows) => [rows, 10]),
    ...[47, 63, 64, 65, 100, 127, 129, 255, 784, 1000].map((width) => [2, width]),
    [1, 5003],
    [257, 3],
    [1021, 7],
    [5, Math.max(least, 0)],
    [4099, 1],
  ].map(([rows, width]) => ({ rows: rows as number, [columns]: width as number }))
const rowRandom = (columns: string, least: number): fc.Arbitrary<Numbers> =>
  fc
    .record({ rows: fc.nat(70), width: fc.integer({ min: least, max: 140 }) })
    .map(({ rows, width }) => ({ rows, [columns]: width }))
const sizeOf = (numbers: Numbers, ...names: string[]): number =>
  names.reduce((product, name) => product * (numbers[name] ?? 1), 1)
/** An elementwise kernel's rates: `perElement` operations, `tensors` float32 arrays passed over. */
const flat = (perElement: number, tensors: number) => ({
  flops: ({ n = 0 }: Numbers) => perElement * n,
  bytes: ({ n = 0 }: Numbers) => 4 * tensors * n,
})
/** Network shapes: the hidden layer and the first weights of 784-50-10 at batch 100. */
const flatBenchmark = { hidden: { n: 5000 }, weights: { n: 39200 } }

// Inputs that are not just any numbers.
const labels = (random: Random, { classes = 0 }: Numbers) => whole(random, classes)
const order = (random: Random, { samples = 0 }: Numbers) => whole(random, samples)
/** Mostly ordinary logits, some so far apart that e^-distance is 0 as a float32. */
const logits = (random: Random) => {
  const ordinary = uniform(random, -8, 8)
  const extreme = uniform(random, -200, 200)
  return () => (random() < 0.05 ? extreme() : ordinary())
}
const between0And1 = (random: Random) => uniform(random, 0, 1)

function gemmBound({
  a,
  b,
  c,
  bias,
  m,
  n,
  k,
  transposeA,
  transposeB,
  alpha,
  beta,
}: Parameters<NonNullable<KernelSpec<'gemm'>['bounds']>>[0]): Bound {
  return (at) => {
    const i = Math.floor(at / n)
    const j = at % n
    let products = 0
    for (let p = 0; p < k; p++) {
      products += Math.abs(a[transposeA ? p * m + i : i * k + p] * b[transposeB ? j * k + p : p * n + j])
    }
    // A product's own rounding is part of the sum's; alpha, beta: rounded, multiplied; then two additions.
    const scaled = (sumError(k) + 5) * Math.abs(alpha) * products
    const old = beta === 0 ? 0 : 4 * Math.abs(beta * c[at])
    return u * (scaled + old + 2 * Math.abs(bias?.[j] ?? 0)) + (k + 4) * tiny
  }
}

/** What bounds the errors of one row of softmax, in u. */
interface SoftmaxErrors {
  /** x - max, whose rounding is an error of e^(x - max) relative to it. */
  readonly distance: (i: number) => number
  /** Relative error of Σ e^(x - max): that of its terms, weighted, and of adding them. */
  readonly sum: number
  readonly logSum: number
}
function softmaxErrors(logits: TensorData, row: number, classes: number): SoftmaxErrors {
  const x = logits.subarray(row * classes, (row + 1) * classes) as TensorData
  let max = -Infinity
  for (const value of x) max = Math.max(max, value)
  let sum = 0
  let weighted = 0
  for (const value of x) {
    const e = Math.exp(value - max)
    sum += e
    weighted += e * (max - value)
  }
  return {
    distance: (i) => max - x[i],
    sum: weighted / sum + expError + sumError(classes),
    logSum: Math.log(sum),
  }
}
/** e^(x - max), the sum, and a division (or a reciprocal and a product). */
const probabilityBound = (logits: TensorData, probabilities: TensorData, classes: number): Bound => {
  const rows = new Map<number, SoftmaxErrors>()
  return (at) => {
    const row = Math.floor(at / classes)
    const errors = rows.get(row) ?? softmaxErrors(logits, row, classes)
    rows.set(row, errors)
    return u * (errors.distance(at % classes) + expError + errors.sum + 3) * probabilities[at] + 2 * tiny
  }
}
/** Error of ln Σ - (x - max): the sum's relative error is the logarithm's absolute one; ln; x - max; subtraction. */
const logError = (errors: SoftmaxErrors, i: number): number =>
  errors.sum + (expError + 1) * errors.logSum + 2 * errors.distance(i)

const gemmSizes = (m: number, n: number, k: number, turn: number): Numbers => ({
  m,
  n,
  k,
  transposeA: turn & 1,
  transposeB: (turn >> 1) & 1,
  relu: (turn >> 2) & 1,
  // Every turn of 4 multiplies or adds something else; 0.3 and 0.7 are no float32.
  alpha: turn % 3 === 1 ? 0.3 : 1,
  beta: turn % 5 === 2 ? 1 : turn % 5 === 4 ? 0.7 : 0,
})
/** Each of m, n, k through all tile edges with the other two fixed, then shapes that meet K blocks and long edges. */
const gemmCases: readonly Numbers[] = [
  ...range(0, 35).flatMap((n) => range(0, 3).map((turn) => gemmSizes(7, n, 5, turn + (n % 7) * 4))),
  ...range(36, 100).map((n) => gemmSizes(n % 2 === 0 ? 5 : 17, n, 3, n * 7)),
  ...range(0, 33).flatMap((m) => range(0, 3).map((turn) => gemmSizes(m, 18, 4, turn + (m % 5) * 4))),
  ...range(0, 20).flatMap((k) => range(0, 3).map((turn) => gemmSizes(6, 33, k, turn + (k % 3) * 4))),
  ...[1, 2, 3].flatMap((m) => [1, 2, 3, 10, 50].map((n) => gemmSizes(m, n, 97, m * 5 + n))),
  ...[127, 128, 129, 255, 256, 257, 384, 511, 512, 513, 784, 1025].flatMap((k) =>
    range(0, 3).map((turn) => gemmSizes(5, 17, k, turn)),
  ),
  ...range(0, 3).flatMap((turn) => [
    gemmSizes(100, 10, 50, turn),
    gemmSizes(50, 10, 100, turn),
    gemmSizes(37, 53, 101, turn),
    gemmSizes(64, 64, 64, turn),
    gemmSizes(1, 513, 33, turn),
    gemmSizes(515, 1, 33, turn),
    gemmSizes(1, 1, 4099, turn),
    gemmSizes(3, 2051, 2, turn),
    gemmSizes(2053, 3, 2, turn),
  ]),
]
const gemmRandom: fc.Arbitrary<Numbers> = fc.record({
  m: fc.nat(60),
  n: fc.nat(70),
  k: fc.nat(90),
  transposeA: fc.nat(1),
  transposeB: fc.nat(1),
  relu: fc.nat(1),
  alpha: fc.constantFrom(1, -0.3),
  beta: fc.constantFrom(0, 1, 0.7),
})

/** A batch of a data set: some of its rows, from somewhere in an order longer than the batch. */
const gatherCases = (cols: readonly number[]): readonly Numbers[] => [
  { rows: 0, cols: 3, samples: 0, length: 0, cursor: 0 },
  { rows: 0, cols: 3, samples: 4, length: 5, cursor: 5 },
  ...cols.flatMap((width) => [
    { rows: 3, cols: width, samples: 5, length: 9, cursor: 2 },
    { rows: 2, cols: width, samples: 7, length: 2, cursor: 0, scale: 1 / 255, shift: -0.3 },
  ]),
  { rows: 257, cols: 3, samples: 11, length: 300, cursor: 43, scale: 2 },
]
const gatherRandom: fc.Arbitrary<Numbers> = fc
  .record({
    rows: fc.nat(30),
    cols: fc.nat(100),
    samples: fc.integer({ min: 1, max: 40 }),
    cursor: fc.nat(20),
    rest: fc.nat(5),
  })
  .map(({ rows, cols, samples, cursor, rest }) => ({
    rows,
    cols,
    samples,
    cursor,
    length: cursor + rows + rest,
    scale: 0.1,
    shift: 0.7,
  }))
const gatherWidths = [...range(0, 36), 47, 63, 64, 65, 127, 128, 129, 784, 1021]
/** scale and shift rounded, a product, an addition; exact where neither does anything. */
const gatherBound =
  ({
    data,
    order,
    cols,
    cursor,
    scale,
    shift,
  }: {
    data: TensorData
    order: TensorData
    cols: number
    cursor: number
    scale: number
    shift: number
  }): Bound =>
  (at) => {
    if (scale === 1 && shift === 0) return 0
    const value = data[order[cursor + Math.floor(at / cols)] * cols + (at % cols)]
    return u * (3 * Math.abs(value * scale) + 2 * Math.abs(shift)) + tiny
  }
const gatherBenchmark = { batch: { rows: 100, cols: 784, samples: 1000, length: 1000, cursor: 300, scale: 1 / 255 } }

export const specs = {
  gemm: {
    cases: gemmCases,
    random: gemmRandom,
    unread: ({ beta = 0 }) => (beta === 0 ? ['c'] : []),
    bounds: (before) => ({ c: gemmBound(before) }),
    flops: (numbers) => 2 * sizeOf(numbers, 'm', 'n', 'k'),
    bytes: ({ m = 0, n = 0, k = 0 }) => 4 * (m * k + k * n + m * n),
    benchmark: {
      'hidden 100x784x50': { m: 100, n: 50, k: 784, relu: 1 },
      'output 100x50x10': { m: 100, n: 10, k: 50 },
      'hidden weights 784x100x50': { m: 784, n: 50, k: 100, transposeA: 1 },
      'output weights 50x100x10': { m: 50, n: 10, k: 100, transposeA: 1 },
      'hidden gradient 100x10x50': { m: 100, n: 50, k: 10, transposeB: 1 },
      'one row 1x784x50': { m: 1, n: 50, k: 784 },
      'square 256': { m: 256, n: 256, k: 256 },
    },
  },
  sumRows: {
    cases: rowCases('cols', 0).map((numbers, i) => ({ ...numbers, beta: [0, 1, 0.7][i % 3] as number })),
    random: fc.record({ rows: fc.nat(90), cols: fc.nat(200), beta: fc.constantFrom(0, 1, 0.7) }),
    unread: ({ beta = 0 }) => (beta === 0 ? ['sums'] : []),
    // The sum; beta rounded, a product, an addition.
    bounds: ({ sums, x, rows, cols, beta }) => ({
      sums: (column) => {
        let terms = 0
        for (let r = 0; r < rows; r++) terms += Math.abs(x[r * cols + column])
        const old = beta === 0 ? 0 : Math.abs(beta * sums[column])
        return u * ((sumError(rows) + 1) * terms + 3 * old) + 2 * tiny
      },
    }),
    flops: (numbers) => sizeOf(numbers, 'rows', 'cols'),
    bytes: (numbers) => 4 * sizeOf(numbers, 'rows', 'cols'),
    benchmark: { 'hidden bias': { rows: 100, cols: 50 }, 'output bias': { rows: 100, cols: 10 } },
  },
  reluForward: { cases: flatCases, random: flatRandom, ...flat(1, 2), benchmark: flatBenchmark },
  reluBackward: {
    cases: flatCases,
    random: flatRandom,
    // An output of ReLU: half of it zeros.
    inputs: { y: (random) => () => Math.max(0, uniform(random, -1, 1)()) },
    ...flat(1, 3),
    benchmark: flatBenchmark,
  },
  sigmoidForward: {
    cases: flatCases,
    random: flatRandom,
    inputs: { x: logits },
    // e / (1 + e) or 1 / (1 + e): e enters numerator and denominator with opposite signs, so once; then + and /.
    bounds: (_, { y }) => ({ y: (i) => u * (expError + 2) * y[i] + tiny }),
    ...flat(10, 2),
    benchmark: flatBenchmark,
  },
  sigmoidBackward: {
    cases: flatCases,
    random: flatRandom,
    inputs: { y: between0And1 },
    // 1 - y and two products.
    bounds: (_, { dx }) => ({ dx: (i) => 3.1 * u * Math.abs(dx[i]) + 3 * tiny }),
    ...flat(3, 3),
    benchmark: flatBenchmark,
  },
  softmaxCrossEntropyForward: {
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { logits, labels },
    bounds: ({ logits, labels, classes }, { losses, probabilities }) => ({
      probabilities: probabilityBound(logits, probabilities, classes),
      losses: (r) => u * (logError(softmaxErrors(logits, r, classes), labels[r]) + losses[r]) + tiny,
    }),
    flops: (numbers) => 12 * sizeOf(numbers, 'rows', 'classes'),
    bytes: (numbers) => 8 * sizeOf(numbers, 'rows', 'classes'),
    benchmark: { output: { rows: 100, classes: 10 }, 'wide output': { rows: 100, classes: 1000 } },
  },
  softmaxCrossEntropyBackward: {
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { probabilities: between0And1, labels },
    // A subtraction and a product.
    bounds: (_, { dlogits }) => ({ dlogits: (i) => 2.1 * u * Math.abs(dlogits[i]) + 2 * tiny }),
    flops: (numbers) => 2 * sizeOf(numbers, 'rows', 'classes'),
    bytes: (numbers) => 8 * sizeOf(numbers, 'rows', 'classes'),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  softmaxCrossEntropyDenseForward: {
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { logits, targets: between0And1 },
    bounds: ({ logits, targets, classes }, { probabilities }) => ({
      probabilities: probabilityBound(logits, probabilities, classes),
      // Each target times its own logarithm's error, a product, and the sum; or Σ t · ln Σ - Σ t (x - max), as good.
      losses: (r) => {
        const errors = softmaxErrors(logits, r, classes)
        let total = 0
        for (let c = 0; c < classes; c++) {
          const size = errors.logSum + errors.distance(c)
          total += targets[r * classes + c] * (logError(errors, c) + (sumError(classes) + 3) * size)
        }
        return u * total + (classes + 1) * tiny
      },
    }),
    flops: (numbers) => 14 * sizeOf(numbers, 'rows', 'classes'),
    bytes: (numbers) => 12 * sizeOf(numbers, 'rows', 'classes'),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  softmaxCrossEntropyDenseBackward: {
    cases: rowCases('classes', 1),
    random: rowRandom('classes', 1),
    inputs: { probabilities: between0And1, targets: between0And1 },
    // The sum of the targets, a product, a subtraction, a product.
    bounds: ({ dlosses, probabilities, targets, classes }) => ({
      dlogits: (i) => {
        const row = Math.floor(i / classes)
        let weight = 0
        for (let c = 0; c < classes; c++) weight += Math.abs(targets[row * classes + c])
        const product = (sumError(classes) + 3) * probabilities[i] * weight
        return u * Math.abs(dlosses[row]) * (product + 2 * targets[i]) + 3 * tiny
      },
    }),
    flops: (numbers) => 4 * sizeOf(numbers, 'rows', 'classes'),
    bytes: (numbers) => 12 * sizeOf(numbers, 'rows', 'classes'),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  sgdStep: {
    cases: [
      ...lengths.map((n, i) => ({ n, lr: 0.1, weightDecay: i % 2 === 0 ? 0 : 0.01 })),
      { n: 67, lr: 0 },
      { n: 67, lr: 1, weightDecay: 1 },
    ],
    random: fc.record({ n: fc.nat(5000), lr: fc.constantFrom(0.1, 1, 1e-3), weightDecay: fc.constantFrom(0, 0.01) }),
    // lr and weightDecay rounded, two products, an addition; the subtraction.
    bounds: ({ parameters, gradients, lr, weightDecay }, { parameters: result }) => ({
      parameters: (i) => {
        const decay = 5 * Math.abs(lr * weightDecay * parameters[i])
        return u * (Math.abs(result[i]) + 3 * Math.abs(lr * gradients[i]) + decay) * 1.01 + 3 * tiny
      },
    }),
    ...flat(4, 3),
    benchmark: { weights: { n: 39760, lr: 0.1 }, 'with decay': { n: 39760, lr: 0.1, weightDecay: 0.01 } },
  },
  gatherBytes: {
    cases: gatherCases(gatherWidths),
    random: gatherRandom,
    inputs: { order },
    bounds: (before) => ({ y: gatherBound(before) }),
    flops: (numbers) => 2 * sizeOf(numbers, 'rows', 'cols'),
    bytes: (numbers) => 5 * sizeOf(numbers, 'rows', 'cols'),
    benchmark: gatherBenchmark,
  },
  gatherReals: {
    cases: gatherCases(gatherWidths),
    random: gatherRandom,
    inputs: { order },
    bounds: (before) => ({ y: gatherBound(before) }),
    flops: (numbers) => 2 * sizeOf(numbers, 'rows', 'cols'),
    bytes: (numbers) => 8 * sizeOf(numbers, 'rows', 'cols'),
    benchmark: gatherBenchmark,
  },
  gatherLabels: {
    cases: [
      { rows: 0, samples: 0, length: 0, cursor: 0 },
      ...[...range(1, 36), 100, 127, 1021].map((rows) => ({ rows, samples: 13, length: rows + 4, cursor: rows % 5 })),
    ],
    random: fc
      .record({ rows: fc.nat(200), samples: fc.integer({ min: 1, max: 50 }), cursor: fc.nat(20), rest: fc.nat(5) })
      .map(({ rows, samples, cursor, rest }) => ({ rows, samples, cursor, length: cursor + rows + rest })),
    inputs: { order },
    flops: ({ rows = 0 }) => rows,
    bytes: ({ rows = 0 }) => 12 * rows,
    benchmark: { batch: { rows: 100, samples: 1000, length: 1000, cursor: 300 } },
  },
  argMax: {
    cases: rowCases('cols', 1),
    random: rowRandom('cols', 1),
    // Few different values, so that the first of several is wanted.
    inputs: { x: (random) => whole(random, 9) },
    flops: (numbers) => sizeOf(numbers, 'rows', 'cols'),
    bytes: (numbers) => 4 * sizeOf(numbers, 'rows', 'cols'),
    benchmark: { output: { rows: 100, cols: 10 }, 'wide output': { rows: 100, cols: 1000 } },
  },
  countCorrect: {
    cases: rowCases('classes', 1).map((numbers, i) => ({ ...numbers, length: 1 + (i % 3), at: i % 3 })),
    random: rowRandom('classes', 1),
    inputs: { scores: (random) => whole(random, 9), labels },
    flops: (numbers) => sizeOf(numbers, 'rows', 'classes'),
    bytes: (numbers) => 4 * sizeOf(numbers, 'rows', 'classes'),
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  sum: {
    cases: lengths.map((n, i) => ({ n, length: 1 + (i % 3), at: i % 3, divisor: 1 + (i % 2) * 99 })),
    random: fc.record({ n: fc.nat(5000), divisor: fc.integer({ min: 1, max: 100 }) }),
    // Added in doubles; one rounding to float32.
    bounds: ({ x, n, at, divisor }, { sums }) => {
      let terms = 0
      for (let i = 0; i < n; i++) terms += Math.abs(x[i])
      return { sums: (i) => (i === at ? u * Math.abs(sums[i]) + (n * 2 ** -53 * terms) / divisor + tiny : 0) }
    },
    ...flat(1, 1),
    benchmark: { losses: { n: 100 }, weights: { n: 39200 } },
  },
  add: { cases: flatCases, random: flatRandom, ...flat(1, 3), benchmark: flatBenchmark },
  mul: { cases: flatCases, random: flatRandom, ...flat(1, 3), benchmark: flatBenchmark },
  fill: {
    cases: lengths.map((n, i) => ({ n, value: i % 2 === 0 ? 1 : -0.3, divisor: 1 + (i % 3) * 49 })),
    random: fc.record({ n: fc.nat(5000), value: fc.constantFrom(1, -0.3), divisor: fc.integer({ min: 1, max: 1000 }) }),
    flops: () => 0,
    bytes: ({ n = 0 }) => 4 * n,
    benchmark: { losses: { n: 100, value: 1, divisor: 100 }, weights: { n: 39200, value: 0 } },
  },
  checkFinite: { cases: flatCases, random: flatRandom, ...flat(1, 1), benchmark: flatBenchmark },
  randomUniform: {
    cases: lengths.map((n, i) => ({
      n,
      seed: [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1][i % 5] as number,
      stream: [0, 7, 2 ** 32 - 1][i % 3] as number,
      step: [0, 1, 2 ** 32 + 5, 2 ** 53 - 1][i % 4] as number,
    })),
    random: fc.record({
      n: fc.nat(5000),
      seed: fc.maxSafeNat(),
      stream: fc.nat(2 ** 32 - 1),
      step: fc.maxSafeNat(),
    }),
    // 10 rounds of 2 products of 32 bits, and their exclusive ors, for 4 numbers.
    flops: ({ n = 0 }) => 15 * n,
    bytes: ({ n = 0 }) => 4 * n,
    benchmark: { 'dropout mask': { n: 5000, seed: 1, stream: 2, step: 3 } },
  },
} satisfies KernelSpecs

/** The spec of one kernel, its exact literal types forgotten. */
export function specOf<K extends KernelName>(kernel: K): KernelSpec<K> {
  return (specs as KernelSpecs)[kernel]
}
