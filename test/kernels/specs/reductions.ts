// Specs of src/kernels/declarations/reductions.ts.

import fc from 'fast-check'
import type { reductions as declared } from '../../../src/kernels/declarations/reductions.js'
import type { SpecsOf } from '../spec.js'
import { whole } from '../values.js'
import {
  flatBenchmark,
  flatCases,
  flatRandom,
  groupBenchmark,
  groupCases,
  groupRandom,
  labels,
  lengths,
  range,
  rowCases,
  rowRandom,
  sumError,
  tiny,
  u,
} from './common.js'

export const reductions = {
  sumRows: {
    example: {
      args: { sums: [10, 20, 30, 40, 50], x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], rows: 2, cols: 5, beta: 0.5 },
      answer: { sums: [12, 19, 26, 33, 40] },
    },
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
    benchmark: { 'hidden bias': { rows: 100, cols: 50 }, 'output bias': { rows: 100, cols: 10 } },
  },
  argMax: {
    example: { args: { y: [9, 9], x: [1, 3, 3, -1, -2, -3], rows: 2, cols: 3 }, answer: { y: [1, 0] } },
    cases: rowCases('cols', 1),
    random: rowRandom('cols', 1),
    // Few different values, so that the first of several is wanted.
    inputs: { x: (random) => whole(random, 9) },
    benchmark: { output: { rows: 100, cols: 10 }, 'wide output': { rows: 100, cols: 1000 } },
  },
  countCorrect: {
    example: {
      args: {
        counts: [5, 5],
        scores: [1, 2, 4, 3, 6, 6, 7, 7],
        labels: [1, 1, 0, -1],
        rows: 4,
        classes: 2,
        at: 1,
        length: 2,
        ignore: -1,
      },
      // 2 of 3 are right, and 4 rows in all.
      answer: { counts: [5, 8 / 3] },
    },
    cases: rowCases('classes', 1).map((numbers, i) => ({
      ...numbers,
      length: 1 + (i % 3),
      at: i % 3,
      ignore: [Number.NaN, 0][i % 2] as number,
    })),
    random: fc
      .tuple(rowRandom('classes', 1), fc.constantFrom(Number.NaN, 0))
      .map(([numbers, ignore]) => ({ ...numbers, ignore })),
    inputs: { scores: (random) => whole(random, 9), labels },
    benchmark: { output: { rows: 100, classes: 10 } },
  },
  sum: {
    example: {
      args: { sums: [5, 5], x: [1, 2, 3, 4], n: 4, at: 1, length: 2, divisor: 4 },
      answer: { sums: [5, 2.5] },
    },
    cases: lengths.map((n, i) => ({ n, length: 1 + (i % 3), at: i % 3, divisor: 1 + (i % 2) * 99 })),
    random: fc.record({ n: fc.nat(5000), divisor: fc.integer({ min: 1, max: 100 }) }),
    // Added in doubles; one rounding to float32.
    bounds: ({ x, n, at, divisor }, { sums }) => {
      let terms = 0
      for (let i = 0; i < n; i++) terms += Math.abs(x[i])
      return { sums: (i) => (i === at ? u * Math.abs(sums[i]) + (n * 2 ** -53 * terms) / divisor + tiny : 0) }
    },
    benchmark: { losses: { n: 100 }, weights: { n: 39200 } },
  },
  checkFinite: {
    example: { args: { x: [0, -1, 3e38], n: 3 }, answer: {} },
    cases: flatCases,
    random: flatRandom,
    benchmark: flatBenchmark,
  },
  sumChannels: {
    example: {
      // Three rows in two groups: the first alone, the other two together.
      args: {
        sums: [0, 0, 0, 0],
        x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        rows: 3,
        channels: 2,
        places: 2,
        groups: 2,
      },
      answer: { sums: [3, 7, 30, 38] },
    },
    cases: [
      { rows: 0, channels: 3, places: 4 },
      ...[...range(1, 70), 127, 196, 255, 1021].map((places, i) => ({ rows: 1 + (i % 3), channels: 2, places })),
      ...range(0, 12).map((channels) => ({ rows: 3, channels, places: 5 })),
      { rows: 257, channels: 3, places: 4 },
    ].map((numbers, i) => ({ ...numbers, groups: 1 + (i % 4) })),
    random: fc.record({
      rows: fc.nat(20),
      channels: fc.nat(12),
      places: fc.integer({ min: 1, max: 150 }),
      groups: fc.integer({ min: 1, max: 5 }),
    }),
    bounds: ({ x, rows, channels, places, groups }) => ({
      sums: (at) => {
        const [group, channel] = [Math.floor(at / channels), at % channels]
        const [first, end] = [group, group + 1].map((g) => Math.floor((g * rows) / groups)) as [number, number]
        let terms = 0
        for (let r = first; r < end; r++) {
          const begin = (r * channels + channel) * places
          for (let i = begin; i < begin + places; i++) terms += Math.abs(x[i])
        }
        const count = (end - first) * places
        return u * sumError(count) * terms + (count + 1) * tiny
      },
    }),
    benchmark: {
      '30 of 24x24': { rows: 100, channels: 30, places: 576, groups: 64 },
      '64 of 8x8': { rows: 100, channels: 64, places: 64, groups: 8 },
    },
  },
  sumGroups: {
    example: {
      args: { sums: [10, 20, 30, 40], x: [1, 2, 3, 4, 5, 6, 7, 8], groups: 2, count: 2, cols: 2, beta: 0.5 },
      answer: { sums: [9, 16, 27, 34] },
    },
    cases: groupCases.map((numbers, i) => ({ ...numbers, beta: [0, 1, 0.7][i % 3] as number })),
    random: fc.tuple(groupRandom, fc.constantFrom(0, 1, 0.7)).map(([numbers, beta]) => ({ ...numbers, beta })),
    unread: ({ beta = 0 }) => (beta === 0 ? ['sums'] : []),
    // As sumRows, group by group.
    bounds: ({ sums, x, count, cols, beta }) => ({
      sums: (i) => {
        const start = Math.floor(i / cols) * count * cols + (i % cols)
        let terms = 0
        for (let r = 0; r < count; r++) terms += Math.abs(x[start + r * cols])
        const old = beta === 0 ? 0 : Math.abs(beta * sums[i])
        return u * ((sumError(count) + 1) * terms + 3 * old) + 2 * tiny
      },
    }),
    benchmark: groupBenchmark,
  },
  sumSquares: {
    example: {
      args: { sums: [5, 6], x: [1, -2, 3], n: 3, at: 1, length: 2, factor: 0.5, beta: 2 },
      answer: { sums: [5, 19] },
    },
    cases: lengths.map((n, i) => ({
      n,
      length: 1 + (i % 3),
      at: i % 3,
      factor: [1, 0.3][i % 2] as number,
      beta: [0, 1, 0.7][i % 3] as number,
    })),
    random: fc.record({ n: fc.nat(5000), factor: fc.constantFrom(1, 0.3), beta: fc.constantFrom(0, 1) }),
    unread: ({ beta = 0, length = 1 }) => (beta === 0 && length === 1 ? ['sums'] : []),
    // Added in doubles, every term positive; one rounding to float32.
    bounds: ({ x, n, at, factor }, { sums }) => {
      let squares = 0
      for (let i = 0; i < n; i++) squares += x[i] * x[i]
      return { sums: (i) => (i === at ? u * Math.abs(sums[i]) + n * 2 ** -53 * factor * squares + tiny : 0) }
    },
    benchmark: { weights: { n: 39200 } },
  },
} satisfies SpecsOf<typeof declared>
