// Specs of src/kernels/declarations/products.ts.

import fc from 'fast-check'
import type { products as declared } from '../../../src/kernels/declarations/products.js'
import type { TensorData } from '../../../src/tensor/tensor.js'
import type { Bound, KernelSpec, Numbers, SpecsOf } from '../spec.js'
import { range, sumError, tiny, u } from './common.js'

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

const batchedSizes = (batch: number, m: number, n: number, k: number, turn: number): Numbers => ({
  batch,
  m,
  n,
  k,
  transposeA: turn & 1,
  transposeB: (turn >> 1) & 1,
  beta: [0, 1, 0.7][turn % 3] as number,
})

export const products = {
  gemm: {
    example: {
      // [1 2; 3 4; 5 6] · [7 8; 9 10] = [25 28; 57 64; 89 100], stored as A (k,m) and B (n,k).
      args: {
        c: [1, 2, 3, 4, 5, 6],
        a: [1, 3, 5, 2, 4, 6],
        b: [7, 9, 8, 10],
        bias: [-100, 1],
        m: 3,
        n: 2,
        k: 2,
        transposeA: 1,
        transposeB: 1,
        relu: 1,
        alpha: 2,
        beta: -1,
      },
      answer: { c: [0, 55, 11, 125, 73, 195] },
    },
    cases: gemmCases,
    random: gemmRandom,
    unread: ({ beta = 0 }) => (beta === 0 ? ['c'] : []),
    bounds: (before) => ({ c: gemmBound(before) }),
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
  gemmBatched: {
    example: {
      // [1 2; 3 4] · [5; 6] = [17; 39] and [1 0; 0 1] · [7; 8] = [7; 8], each + 2 · C.
      args: {
        c: [1, 2, 3, 4],
        a: [1, 2, 3, 4, 1, 0, 0, 1],
        b: [5, 6, 7, 8],
        batch: 2,
        m: 2,
        n: 1,
        k: 2,
        beta: 2,
      },
      answer: { c: [19, 43, 13, 16] },
    },
    cases: [
      { batch: 0, m: 3, n: 4, k: 5 },
      ...range(0, 20).map((size) => ({ ...batchedSizes(size % 5, 3, size, 4, size), batch: size % 4 })),
      ...range(0, 20).map((size) => batchedSizes(3, size, 7, 5, size)),
      ...range(0, 20).map((size) => batchedSizes(2, 6, 33, size, size)),
      ...range(0, 7).map((turn) => batchedSizes(3, 37, 50, 30, turn)),
      batchedSizes(2, 5, 17, 1025, 3),
    ],
    random: fc.record({
      batch: fc.nat(4),
      m: fc.nat(30),
      n: fc.nat(40),
      k: fc.nat(50),
      transposeA: fc.nat(1),
      transposeB: fc.nat(1),
      beta: fc.constantFrom(0, 1, 0.7),
    }),
    unread: ({ beta = 0 }) => (beta === 0 ? ['c'] : []),
    bounds: ({ c, a, b, m, n, k, ...rest }) => ({
      c: (at) => {
        const i = Math.floor(at / (m * n))
        const part = (data: TensorData, size: number): TensorData => data.subarray(i * size, (i + 1) * size)
        const one = { c: part(c, m * n), a: part(a, m * k), b: part(b, k * n), m, n, k, ...rest }
        return gemmBound({ ...one, bias: null, relu: 0, alpha: 1 })(at - i * m * n)
      },
    }),
    benchmark: {
      'attention 32x64x64x32': { batch: 32, m: 64, n: 64, k: 32, transposeB: 1 },
      'tiny 100x3x3x3': { batch: 100, m: 3, n: 3, k: 3 },
    },
  },
} satisfies SpecsOf<typeof declared>
