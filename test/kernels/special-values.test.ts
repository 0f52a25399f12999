// NaN, infinities, zeros of both signs and denormals: what every backend makes of them.

import { describe, expect, it } from 'vitest'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
const real = (values: readonly number[]): Tensor => new Tensor(Float32Array.from(values), [values.length])
const integers = (values: readonly number[]): Tensor => new Tensor(Int32Array.from(values), [values.length])
const empty = (length: number): Tensor => real(new Array<number>(length).fill(-77))
/** +0 and -0 alike. */
const valuesOf = (tensor: Tensor): number[] => Array.from(tensor.data, (value) => value + 0)
/** Long enough for whole vectors and a tail of every ISA, each element in every place. */
const spread = (values: readonly number[], length = 67): number[] =>
  Array.from({ length }, (_, i) => values[i % values.length] as number)

describe.each(testBackends())('$name', ({ kernels }) => {
  it('relu keeps NaN and infinity, and passes no gradient where the output is not above 0', () => {
    const x = real(spread([nan, infinity, -infinity, -0, 0, 1, -1]))
    const y = empty(67)
    kernels.reluForward({ y, x, n: 67 })
    expect(valuesOf(y)).toEqual(spread([nan, infinity, 0, 0, 0, 1, 0]))
    const dx = empty(67)
    kernels.reluBackward({ dx, dy: real(spread([5, 6, 7])), y: real(spread([nan, 0, 1])), n: 67 })
    expect(valuesOf(dx)).toEqual(spread([0, 0, 7]))
  })

  it('gemm with relu keeps NaN, and NaN in C is not read when beta is 0', () => {
    for (const n of [1, 3, 16, 50]) {
      const c = real(spread([nan], 2 * n))
      kernels.gemm({ c, a: real([1, nan]), b: real(spread([-1], n)), m: 2, n, k: 1, relu: 1 })
      expect(valuesOf(c)).toEqual([...spread([0], n), ...spread([nan], n)])
    }
  })

  it('gemm and sumRows of no terms are 0', () => {
    const c = real(spread([nan], 6))
    kernels.gemm({ c, a: empty(0), b: empty(0), m: 2, n: 3, k: 0 })
    expect(valuesOf(c)).toEqual(spread([0], 6))
    const sums = real(spread([nan], 5))
    kernels.sumRows({ sums, x: empty(0), rows: 0, cols: 5 })
    expect(valuesOf(sums)).toEqual(spread([0], 5))
  })

  it('sigmoid reaches 0 and 1 without overflow, and keeps NaN', () => {
    const y = empty(67)
    kernels.sigmoidForward({ y, x: real(spread([infinity, -infinity, nan, 3e38, -3e38, 0])), n: 67 })
    expect(valuesOf(y)).toEqual(spread([1, 0, nan, 1, 0, 0.5]))
  })

  it('a softmax of huge logits is finite, and NaN makes its own row NaN, no other', () => {
    const classes = 17
    const rows = [spread([3e38, -3e38], classes), spread([1], classes), spread([1], classes)]
    rows[1] = [...spread([1], classes - 1), nan]
    const [losses, probabilities] = [empty(3), empty(3 * classes)]
    const logits = real(rows.flat())
    kernels.softmaxCrossEntropyForward({ losses, probabilities, logits, labels: integers([0, 0, 0]), rows: 3, classes })
    const [first, second, third] = valuesOf(losses)
    expect(first).toBeCloseTo(Math.log(9), 5)
    expect(second).toBeNaN()
    expect(third).toBeCloseTo(Math.log(classes), 5)
    expect(valuesOf(probabilities).slice(classes, 2 * classes)).toEqual(spread([nan], classes))
  })

  it('argMax takes the first largest, and NaN as largest of all', () => {
    const classes = 37
    for (let at = 0; at < classes; at++) {
      const rows = [spread([-3], classes), spread([7], classes), spread([-infinity], classes), spread([0], classes)]
      ;(rows[0] as number[])[at] = -2
      ;(rows[1] as number[])[at] = nan
      ;(rows[3] as number[])[at] = -0
      const y = integers([-1, -1, -1, -1])
      kernels.argMax({ y, x: real(rows.flat()), rows: 4, cols: classes })
      expect(valuesOf(y)).toEqual([at, at, 0, 0])
      const counts = real([0])
      kernels.countCorrect({ counts, scores: real(rows.flat()), labels: integers([at, at, 0, 1]), rows: 4, classes })
      expect(valuesOf(counts)).toEqual([3])
    }
  })

  it('two NaNs in a row: argMax takes the first', () => {
    const y = integers([-1])
    kernels.argMax({ y, x: real([1, nan, 9, nan, 2, 3, nan, 4]), rows: 1, cols: 8 })
    expect(valuesOf(y)).toEqual([1])
  })

  it('labelRanks is 0 just where argMax takes the label, with NaN and infinities too', () => {
    const values = [nan, infinity, -infinity, 0, -0, 1]
    const classes = 5
    const rows = values.length ** 3
    // Every triple of values, twice with a value between.
    const scores = Array.from({ length: rows }, (_, r) => {
      const [a, b, c] = [0, 1, 2].map((place) => values[Math.floor(r / values.length ** place) % values.length])
      return [a, -1, b, -1, c] as number[]
    })
    const best = integers(spread([-1], rows))
    kernels.argMax({ y: best, x: real(scores.flat()), rows, cols: classes })
    const seen = Array.from({ length: rows }, () => new Set<number>())
    for (let label = 0; label < classes; label++) {
      const ranks = integers(spread([-7], rows))
      kernels.labelRanks({ ranks, scores: real(scores.flat()), labels: integers(spread([label], rows)), rows, classes })
      valuesOf(ranks).forEach((rank, r) => {
        expect(rank === 0).toBe(best.data[r] === label)
        seen[r]?.add(rank)
      })
    }
    // The ranks of a row's labels are a permutation: no two share a place.
    for (const ranks of seen) expect([...ranks].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('isAbove says no to NaN, and to the threshold itself', () => {
    const y = integers(spread([-1]))
    kernels.isAbove({ y, x: real(spread([nan, infinity, -infinity, 0.5, 0, -0])), n: 67, threshold: 0 })
    expect(valuesOf(y)).toEqual(spread([0, 1, 0, 1, 0, 0]))
  })

  it('checkFinite finds a single NaN or infinity anywhere, and takes the first of two', () => {
    for (let n = 1; n <= 67; n += 3) {
      for (let at = 0; at < n; at++) {
        const values = spread([3e38, -1e-45, 0], n)
        values[at] = [nan, infinity, -infinity][at % 3] as number
        expect(() => kernels.checkFinite({ x: real(values), n })).toThrow(
          `checkFinite: x[${at}] is ${values[at]}, expected a finite number`,
        )
      }
    }
    const long = spread([1], 9000)
    long[8999] = nan
    long[4100] = infinity
    expect(() => kernels.checkFinite({ x: real(long), n: 9000 })).toThrow('x[4100] is Infinity')
    kernels.checkFinite({ x: real(long), n: 4100 })
  })

  it('denormals may become 0, and nothing else', () => {
    const y = empty(67)
    kernels.add({ y, a: real(spread([1e-40, 1])), b: real(spread([0])), n: 67 })
    valuesOf(y).forEach((value, i) => {
      if (i % 2 === 1) expect(value).toBe(1)
      else expect([0, Math.fround(1e-40)]).toContain(value)
    })
  })
})
