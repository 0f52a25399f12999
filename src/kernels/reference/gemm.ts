// Matrix product in 4 x 4 register tiles.

import type { TensorData } from '../../tensor/tensor.js'
import type { LoopArguments } from './loop.js'

/**
 * C (m,n) = relu?(alpha · op(A) (m,k) · op(B) (k,n) + beta · C + bias (n)).
 * 16 sums per tile stay in registers, 8 loads for 16 multiplications: 4.4 GFLOP/s where 2 x 2 tiles gave 3.0 and single
 * rows of 4 gave 2.6. At an edge the tile takes its last row or column again in place of one outside, and stores the
 * same sum again: the cost of a whole tile, but no second copy of the loop.
 */
export function gemm(args: LoopArguments<'gemm'>): undefined {
  const { c, a, b, m, n, k, transposeA, transposeB, alpha, beta } = args
  const aRow = transposeA === 1 ? 1 : k
  const aColumn = transposeA === 1 ? m : 1
  const bRow = transposeB === 1 ? 1 : n
  const bColumn = transposeB === 1 ? k : 1
  // The old C is still needed when it is added or anything is scaled, so the sums of 4 rows wait aside; in an array of
  // C's own type, or V8 would compile the stores below for two.
  const aside = c instanceof Float32Array ? Float32Array : Float64Array
  const sums = alpha === 1 && beta === 0 ? c : new aside(4 * n)

  for (let i = 0; i < m; i += 4) {
    const rows = Math.min(4, m - i)
    const base = sums === c ? i * n : 0
    const a1 = Math.min(1, rows - 1) * aRow
    const a2 = Math.min(2, rows - 1) * aRow
    const a3 = Math.min(3, rows - 1) * aRow
    for (let j = 0; j < n; j += 4) {
      const j1 = Math.min(1, n - 1 - j)
      const j2 = Math.min(2, n - 1 - j)
      const j3 = Math.min(3, n - 1 - j)
      const b1 = j1 * bColumn
      const b2 = j2 * bColumn
      const b3 = j3 * bColumn
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      let s20 = 0
      let s21 = 0
      let s22 = 0
      let s23 = 0
      let s30 = 0
      let s31 = 0
      let s32 = 0
      let s33 = 0
      let ai = i * aRow
      let bi = j * bColumn
      for (let p = 0; p < k; p++) {
        const y0 = b[bi]
        const y1 = b[bi + b1]
        const y2 = b[bi + b2]
        const y3 = b[bi + b3]
        const x0 = a[ai]
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        const x1 = a[ai + a1]
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
        const x2 = a[ai + a2]
        s20 += x2 * y0
        s21 += x2 * y1
        s22 += x2 * y2
        s23 += x2 * y3
        const x3 = a[ai + a3]
        s30 += x3 * y0
        s31 += x3 * y1
        s32 += x3 * y2
        s33 += x3 * y3
        ai += aColumn
        bi += bRow
      }
      const c0 = base + j
      sums[c0] = s00
      sums[c0 + j1] = s01
      sums[c0 + j2] = s02
      sums[c0 + j3] = s03
      const c1 = base + Math.min(1, rows - 1) * n + j
      sums[c1] = s10
      sums[c1 + j1] = s11
      sums[c1 + j2] = s12
      sums[c1 + j3] = s13
      const c2 = base + Math.min(2, rows - 1) * n + j
      sums[c2] = s20
      sums[c2 + j1] = s21
      sums[c2 + j2] = s22
      sums[c2 + j3] = s23
      const c3 = base + Math.min(3, rows - 1) * n + j
      sums[c3] = s30
      sums[c3 + j1] = s31
      sums[c3 + j2] = s32
      sums[c3 + j3] = s33
    }
    finishRows(args, sums, base, i, rows)
  }
}

/** C_i = op(A_i) · op(B_i) + beta · C_i for each i of a batch. */
export function gemmBatched(args: LoopArguments<'gemmBatched'>): undefined {
  const { c, a, b, batch, m, n, k } = args
  for (let i = 0; i < batch; i++) {
    gemm({
      ...args,
      c: c.subarray(i * m * n, (i + 1) * m * n),
      a: a.subarray(i * m * k, (i + 1) * m * k),
      b: b.subarray(i * k * n, (i + 1) * k * n),
      bias: null,
      relu: 0,
      alpha: 1,
    })
  }
}

/** C = relu?(alpha · sums + beta · C + bias) for `rows` rows from row `first`, whose sums start at `base`. */
function finishRows(
  { c, bias, n, relu, alpha, beta }: LoopArguments<'gemm'>,
  sums: TensorData,
  base: number,
  first: number,
  rows: number,
): void {
  if (sums === c && bias === null && relu === 0) return
  for (let r = 0; r < rows; r++) {
    const to = (first + r) * n
    const from = base + r * n
    for (let j = 0; j < n; j++) {
      let value = alpha * sums[from + j]
      if (beta !== 0) value += beta * c[to + j]
      if (bias !== null) value += bias[j]
      c[to + j] = relu === 1 && value < 0 ? 0 : value
    }
  }
}
