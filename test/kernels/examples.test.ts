// One worked example per kernel, its answer computed by hand, on every backend and in float64; a kernel without one
// does not compile. Parity compares backends with the reference; this says that the reference means what it should.

import { describe, expect, it } from 'vitest'
import { type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import type { KernelArguments, Kernels } from '../../src/kernels/kernels.js'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'
import { tensorsOf } from './harness.js'
import { specs } from './specs.js'

interface Example<K extends KernelName> {
  readonly args: KernelArguments<K, readonly number[], number>
  readonly answer: Readonly<Record<string, readonly number[]>>
}

const sigmoid1 = 1 / (1 + Math.E ** -1)
const third = 1 / 3
const examples: { readonly [K in KernelName]: Example<K> } = {
  gemm: {
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
  sumRows: {
    args: { sums: [10, 20, 30, 40, 50], x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], rows: 2, cols: 5, beta: 0.5 },
    answer: { sums: [12, 19, 26, 33, 40] },
  },
  reluForward: { args: { y: [9, 9, 9], x: [-1, 0, 2], n: 3 }, answer: { y: [0, 0, 2] } },
  reluBackward: { args: { dx: [9, 9, 9], dy: [1, 2, -3], y: [0, 5, 6], n: 3 }, answer: { dx: [0, 2, -3] } },
  sigmoidForward: { args: { y: [9, 9, 9], x: [0, 1, -1], n: 3 }, answer: { y: [0.5, sigmoid1, 1 - sigmoid1] } },
  sigmoidBackward: { args: { dx: [9, 9], dy: [2, -1], y: [0.5, 0.25], n: 2 }, answer: { dx: [0.5, -0.1875] } },
  softmaxCrossEntropyForward: {
    args: {
      losses: [9, 9],
      probabilities: [9, 9, 9, 9, 9, 9],
      logits: [1, 1, 1, Math.log(2), Math.log(5), 0],
      labels: [2, 1],
      rows: 2,
      classes: 3,
    },
    answer: { losses: [Math.log(3), Math.log(8 / 5)], probabilities: [third, third, third, 0.25, 0.625, 0.125] },
  },
  softmaxCrossEntropyBackward: {
    args: {
      dlogits: [9, 9, 9, 9],
      dlosses: [0.5, 2],
      probabilities: [0.25, 0.75, 0.5, 0.5],
      labels: [1, 0],
      rows: 2,
      classes: 2,
    },
    answer: { dlogits: [0.125, -0.125, -1, 1] },
  },
  softmaxCrossEntropyDenseForward: {
    args: {
      losses: [9, 9],
      probabilities: [9, 9, 9, 9],
      logits: [0, Math.log(3), 5, 5],
      targets: [0.5, 0.25, 0, 1],
      rows: 2,
      classes: 2,
    },
    answer: { losses: [0.5 * Math.log(4) + 0.25 * Math.log(4 / 3), Math.LN2], probabilities: [0.25, 0.75, 0.5, 0.5] },
  },
  softmaxCrossEntropyDenseBackward: {
    args: {
      dlogits: [9, 9, 9, 9],
      dlosses: [2, 1],
      probabilities: [0.25, 0.75, 0.5, 0.5],
      targets: [0.5, 0.25, 0, 1],
      rows: 2,
      classes: 2,
    },
    answer: { dlogits: [-0.625, 0.625, 0.5, -0.5] },
  },
  sgdStep: {
    args: { parameters: [1, -2], gradients: [3, 0.5], n: 2, lr: 0.5, weightDecay: 0.25 },
    answer: { parameters: [-0.625, -2] },
  },
  gatherBytes: {
    args: {
      y: [9, 9, 9, 9],
      data: [0, 1, 2, 3, 254, 255],
      order: [7, 2, 0, 7],
      rows: 2,
      cols: 2,
      samples: 3,
      length: 4,
      cursor: 1,
      scale: 0.5,
      shift: -1,
    },
    answer: { y: [126, 126.5, -1, -0.5] },
  },
  gatherReals: {
    args: {
      y: [9, 9],
      data: [1, 2, 3],
      order: [2, 0],
      rows: 2,
      cols: 1,
      samples: 3,
      length: 2,
      cursor: 0,
      scale: 2,
      shift: 1,
    },
    answer: { y: [7, 3] },
  },
  gatherLabels: {
    args: { y: [9, 9], data: [-5, 6, 7], order: [1, 2, 0], rows: 2, samples: 3, length: 3, cursor: 1 },
    answer: { y: [7, -5] },
  },
  argMax: { args: { y: [9, 9], x: [1, 3, 3, -1, -2, -3], rows: 2, cols: 3 }, answer: { y: [1, 0] } },
  countCorrect: {
    args: { counts: [5, 5], scores: [1, 2, 4, 3, 6, 6], labels: [1, 1, 0], rows: 3, classes: 2, at: 1, length: 2 },
    answer: { counts: [5, 2] },
  },
  sum: { args: { sums: [5, 5], x: [1, 2, 3, 4], n: 4, at: 1, length: 2, divisor: 4 }, answer: { sums: [5, 2.5] } },
  add: { args: { y: [9, 9], a: [1, 2], b: [-3, 0.5], n: 2 }, answer: { y: [-2, 2.5] } },
  mul: { args: { y: [9, 9], a: [1, 2], b: [-3, 0.5], n: 2 }, answer: { y: [-3, 1] } },
  fill: { args: { y: [9, 9, 9], n: 2, value: 3, divisor: 4 }, answer: { y: [0.75, 0.75, 9] } },
  checkFinite: { args: { x: [0, -1, 3e38], n: 3 }, answer: {} },
  // Philox4x32-10 of counter 0 and key 0 gives 6627e8d5 e169c58d bc57ac4c 9b00dbd8 (Random123, kat_vectors).
  randomUniform: {
    args: { y: [9, 9, 9, 9], n: 4, seed: 0, stream: 0, step: 0 },
    answer: { y: [0x6627e8 / 2 ** 24, 0xe169c5 / 2 ** 24, 0xbc57ac / 2 ** 24, 0x9b00db / 2 ** 24] },
  },
}

/** 6 digits: errors of meaning, not of rounding, which the parity tests bound. -0 becomes 0. */
const rounded = (value: number): number => Number(value.toPrecision(6)) + 0

/** Runs an example and returns what its tensors hold then. */
function run<K extends KernelName>(
  kernels: { readonly [P in KernelName]: (args: KernelArguments<P>) => void } & Pick<Kernels, 'empty'>,
  kernel: K,
): Readonly<Record<string, ArrayLike<number>>> {
  const example: Example<K> = examples[kernel]
  const args: Record<string, unknown> = { ...example.args }
  const data: Record<string, ArrayLike<number>> = {}
  for (const { name, element } of tensorsOf(kernel)) {
    const values = args[name] as readonly number[] | undefined
    if (values === undefined) continue
    const tensor = kernels.empty([values.length], element)
    tensor.data.set(values)
    args[name] = tensor
    data[name] = tensor.data
  }
  const calls: { readonly [P in KernelName]: (args: KernelArguments<P>) => void } = kernels
  calls[kernel](args as KernelArguments<K>)
  return data
}

describe.each([...testBackends(), { name: 'reference float64', kernels: referenceKernels('float64') }])(
  '$name',
  ({ kernels }) => {
    it.each(kernelNames)('%s computes the worked example', (kernel) => {
      const data = run(kernels, kernel)
      for (const [name, answer] of Object.entries(examples[kernel].answer)) {
        expect(Array.from(data[name] ?? [], rounded)).toEqual(answer.map(rounded))
      }
    })
  },
)

describe('reference float64', () => {
  it('gemm equals the plain triple loop at every size and flag of its spec', () => {
    const kernels = referenceKernels('float64')
    const tensor = (length: number, step: number): Tensor =>
      new Tensor(
        Float64Array.from({ length }, (_, i) => ((i * step) % 17) - 8),
        [length],
      )
    for (const { m = 0, n = 0, k = 0, transposeA = 0, transposeB = 0, relu = 0, alpha = 1, beta = 0 } of specs.gemm
      .cases) {
      const [c, a, b, bias] = [tensor(m * n, 5), tensor(m * k, 3), tensor(k * n, 7), tensor(n, 2)]
      const expected = Float64Array.from(c.data, (old, at) => {
        const [i, j] = [Math.floor(at / n), at % n]
        let total = 0
        for (let p = 0; p < k; p++) {
          total += a.data[transposeA ? p * m + i : i * k + p] * b.data[transposeB ? j * k + p : p * n + j]
        }
        const value = alpha * total + beta * old + bias.data[j]
        return relu ? Math.max(0, value) : value
      })
      kernels.gemm({ c, a, b, bias, m, n, k, transposeA, transposeB, relu, alpha, beta })
      // Sums of small whole numbers are exact; 0.3 and 0.7 leave a rounding or two.
      const wrong = expected.findIndex((value, i) => Math.abs(value - c.data[i]) > 1e-12 * Math.abs(value))
      expect(wrong, JSON.stringify({ m, n, k, transposeA, transposeB, relu, alpha, beta })).toBe(-1)
    }
  })
})
