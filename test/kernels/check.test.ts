// What a bad call says, word for word, on every backend; and that it has then written nothing.

import { describe, expect, it } from 'vitest'
import { fillFailure, parameterNames } from '../../src/kernels/check.js'
import { declarations, kernelNames } from '../../src/kernels/declarations.js'
import { type Kernels, StepValue } from '../../src/kernels/kernels.js'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { Tensor, type TensorData } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'

const wrap = (data: TensorData): Tensor => new Tensor(data, [data.length])
const real = (length: number): Tensor => wrap(new Float32Array(length).fill(0.5))
const integers = (...values: number[]): Tensor => wrap(Int32Array.from(values))
/** Names the wrong type on purpose: a JavaScript caller has no compiler. */
const wrong = (value: unknown): never => value as never

interface BadCall {
  readonly says: string
  readonly type?: 'TypeError' | 'RangeError' | 'Error'
  readonly code?: string
  readonly call: (kernels: Kernels) => void
}
const gemm = { m: 2, n: 3, k: 4 }
const memory = new ArrayBuffer(400)
/** `length` floats that start `start` floats into one common memory. */
const within = (start: number, length: number): Tensor => wrap(new Float32Array(memory, start * 4, length))

const badCalls: readonly BadCall[] = [
  // Names and kinds.
  {
    says: 'add: unknown argument x, expected y, a, b, n',
    type: 'TypeError',
    call: ({ add }) => add(wrong({ y: real(1), a: real(1), b: real(1), x: real(1), n: 1 })),
  },
  {
    says: 'add: argument b is missing',
    type: 'TypeError',
    call: ({ add }) => add(wrong({ y: real(1), a: real(1), n: 1 })),
  },
  {
    says: 'add: argument n is missing',
    type: 'TypeError',
    call: ({ add }) => add(wrong({ y: real(1), a: real(1), b: real(1), n: undefined })),
  },
  {
    says: 'add: b is Float32Array(1), expected a Tensor',
    type: 'TypeError',
    call: ({ add }) => add({ y: real(1), a: real(1), b: wrong(new Float32Array(1)), n: 1 }),
  },
  {
    says: 'gemm: bias is null, expected a Tensor',
    type: 'TypeError',
    call: (kernels) => kernels.gemm({ c: real(6), a: real(8), b: real(12), bias: wrong(null), ...gemm }),
  },
  {
    says: 'add: n is "1", expected a whole number',
    type: 'TypeError',
    call: ({ add }) => add({ y: real(1), a: real(1), b: real(1), n: wrong('1') }),
  },
  {
    says: 'sgdStep: lr is "0.1", expected a number',
    type: 'TypeError',
    call: ({ sgdStep }) => sgdStep({ parameters: real(1), gradients: real(1), n: 1, lr: wrong('0.1') }),
  },
  {
    says: "sgdStep: lr is the step value 'rate', expected a number",
    type: 'Error',
    code: 'ERR_RECORDING',
    call: ({ sgdStep }) => sgdStep({ parameters: real(1), gradients: real(1), n: 1, lr: new StepValue('rate') }),
  },
  // Elements.
  {
    says: 'gemm: c is an int32 tensor, expected float32',
    type: 'TypeError',
    call: (kernels) => kernels.gemm({ c: integers(0, 0, 0, 0, 0, 0), a: real(8), b: real(12), ...gemm }),
  },
  {
    says: 'add: a is a float64 tensor, expected float32',
    type: 'TypeError',
    call: ({ add }) => add({ y: real(1), a: wrap(new Float64Array(1)), b: real(1), n: 1 }),
  },
  {
    says: 'argMax: y is a float32 tensor, expected int32',
    type: 'TypeError',
    call: ({ argMax }) => argMax({ y: real(1), x: real(1), rows: 1, cols: 1 }),
  },
  {
    says: 'gatherBytes: data is a float32 tensor, expected uint8',
    type: 'TypeError',
    call: ({ gatherBytes }) =>
      gatherBytes({
        y: real(1),
        data: real(1),
        order: integers(0),
        rows: 1,
        cols: 1,
        samples: 1,
        length: 1,
        cursor: 0,
      }),
  },
  // Whole numbers.
  ...[-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((m) => ({
    says: `gemm: m is ${m}, expected a whole number`,
    call: (kernels: Kernels) => kernels.gemm({ c: real(6), a: real(8), b: real(12), m, n: 3, k: 4 }),
  })),
  // Rules.
  {
    says: 'gatherBytes: cursor + rows <= length is false (cursor=10, rows=100, length=50)',
    call: ({ gatherBytes }) =>
      gatherBytes({
        y: real(100),
        data: wrap(new Uint8Array(9)),
        order: wrap(new Int32Array(50)),
        rows: 100,
        cols: 1,
        samples: 9,
        length: 50,
        cursor: 10,
      }),
  },
  {
    says: 'gemm: transposeA <= 1 is false (transposeA=2)',
    call: (kernels) => kernels.gemm({ c: real(6), a: real(8), b: real(12), ...gemm, transposeA: 2 }),
  },
  {
    says: 'sum: at < length is false (at=1, length=1)',
    call: ({ sum }) => sum({ sums: real(2), x: real(1), n: 1, at: 1 }),
  },
  {
    says: 'fill: divisor >= 1 is false (divisor=0)',
    call: ({ fill }) => fill({ y: real(1), n: 1, value: 1, divisor: 0 }),
  },
  {
    says: 'argMax: cols >= 1 is false (cols=0)',
    call: ({ argMax }) => argMax({ y: integers(0), x: real(0), rows: 1, cols: 0 }),
  },
  // Extents.
  {
    says: 'gemm: c has 10 elements, needs m * n = 5000 (m=100, n=50)',
    call: (kernels) => kernels.gemm({ c: real(10), a: real(400), b: real(200), m: 100, n: 50, k: 4 }),
  },
  {
    says: 'gemm: bias has 2 elements, needs n = 3 (n=3)',
    call: (kernels) => kernels.gemm({ c: real(6), a: real(8), b: real(12), bias: real(2), ...gemm }),
  },
  {
    says: 'gemm: a has 8 elements, needs m * k = 9007199254740992 (m=2, k=4503599627370496)',
    call: (kernels) => kernels.gemm({ c: real(6), a: real(8), b: real(12), m: 2, n: 3, k: 2 ** 52 }),
  },
  {
    says: 'reluForward: x has 3 elements, needs n = 4 (n=4)',
    call: ({ reluForward }) => reluForward({ y: real(4), x: real(3), n: 4 }),
  },
  // Overlaps.
  {
    says: 'gemm: c overlaps a',
    call: (kernels) => kernels.gemm({ c: within(0, 6), a: within(5, 8), b: real(12), ...gemm }),
  },
  {
    says: 'gemm: c overlaps bias',
    call: (kernels) => kernels.gemm({ c: within(10, 6), a: real(8), b: real(12), bias: within(8, 3), ...gemm }),
  },
  {
    says: 'add: y overlaps b',
    call: ({ add }) => add({ y: within(0, 8), a: within(0, 8), b: within(1, 8), n: 8 }),
  },
  {
    says: 'softmaxCrossEntropyForward: losses overlaps probabilities',
    call: ({ softmaxCrossEntropyForward }) =>
      softmaxCrossEntropyForward({
        losses: within(0, 2),
        probabilities: within(1, 6),
        logits: real(6),
        labels: integers(0, 0),
        rows: 2,
        classes: 3,
      }),
  },
  {
    says: 'softmaxCrossEntropyForward: probabilities overlaps labels',
    call: ({ softmaxCrossEntropyForward }) =>
      softmaxCrossEntropyForward({
        losses: real(2),
        probabilities: within(0, 6),
        logits: real(6),
        labels: wrap(new Int32Array(memory, 20, 2)),
        rows: 2,
        classes: 3,
      }),
  },
  // Values in memory.
  {
    says: 'softmaxCrossEntropyForward: labels[3] is 10, expected an integer from 0 below 10',
    call: ({ softmaxCrossEntropyForward }) =>
      softmaxCrossEntropyForward({
        losses: real(5),
        probabilities: real(50),
        logits: real(50),
        labels: integers(0, 9, 5, 10, -1),
        rows: 5,
        classes: 10,
      }),
  },
  {
    says: 'softmaxCrossEntropyBackward: labels[1] is -1, expected an integer from 0 below 2',
    call: ({ softmaxCrossEntropyBackward }) =>
      softmaxCrossEntropyBackward({
        dlogits: real(4),
        dlosses: real(2),
        probabilities: real(4),
        labels: integers(0, -1),
        rows: 2,
        classes: 2,
      }),
  },
  {
    says: 'countCorrect: labels[0] is 2147483647, expected an integer from 0 below 2',
    call: ({ countCorrect }) =>
      countCorrect({ counts: real(1), scores: real(2), labels: integers(2 ** 31 - 1), rows: 1, classes: 2 }),
  },
  // The place in `order`, not in the batch.
  {
    says: 'gatherBytes: order[3] is 2, expected an integer from 0 below 2',
    call: ({ gatherBytes }) =>
      gatherBytes({
        y: real(3),
        data: wrap(new Uint8Array(2)),
        order: integers(9, 0, 1, 2),
        rows: 3,
        cols: 1,
        samples: 2,
        length: 4,
        cursor: 1,
      }),
  },
  {
    says: 'gatherReals: order[0] is -2147483648, expected an integer from 0 below 1',
    call: ({ gatherReals }) =>
      gatherReals({
        y: real(1),
        data: real(1),
        order: integers(-(2 ** 31)),
        rows: 1,
        cols: 1,
        samples: 1,
        length: 1,
        cursor: 0,
      }),
  },
  {
    says: 'gatherLabels: order[1] is 1, expected an integer from 0 below 1',
    call: ({ gatherLabels }) =>
      gatherLabels({
        y: integers(0, 0),
        data: integers(0),
        order: integers(0, 1),
        rows: 2,
        samples: 1,
        length: 2,
        cursor: 0,
      }),
  },
]

describe.each(testBackends())('$name', ({ kernels }) => {
  it.each(badCalls)('$says', ({ says, type = 'RangeError', code = 'ERR_KERNEL', call }) => {
    let thrown: unknown
    try {
      call(kernels)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf({ TypeError, RangeError, Error }[type])
    expect(thrown).toMatchObject({ name: type, message: says, code })
  })

  it('writes nothing when a check fails', () => {
    const c = real(6)
    expect(() => kernels.gemm({ c, a: real(8), b: real(11), ...gemm })).toThrow('gemm: b has 11 elements')
    expect(Array.from(c.data)).toEqual(new Array(6).fill(0.5))
  })

  it('takes neighbours, inputs that overlap each other, and empty tensors inside others', () => {
    kernels.add({ y: within(8, 8), a: within(0, 8), b: within(16, 8), n: 8 })
    kernels.add({ y: within(8, 8), a: within(0, 8), b: within(4, 4), n: 4 })
    kernels.add({ y: within(3, 0), a: within(0, 8), b: within(0, 8), n: 0 })
    // More memory than is touched: the first 4 of y end where b begins.
    kernels.add({ y: within(0, 8), a: within(8, 8), b: within(4, 4), n: 4 })
    kernels.mul({ y: within(0, 8), a: within(0, 8), b: within(0, 8), n: 8 })
  })

  it('takes undefined for an optional argument, and sizes as large as they come where nothing is read', () => {
    const c = real(6)
    kernels.gemm({ c, a: real(8), b: real(12), bias: undefined, beta: undefined, ...gemm })
    expect(Array.from(c.data)).toEqual(new Array(6).fill(1))
    kernels.gemm({ c: real(0), a: real(0), b: real(0), m: 0, n: 0, k: 2 ** 53 - 1 })
  })
})

describe('declarations', () => {
  it('compile: extents, rules, units and failures name only what the kernel has', () => {
    for (const kernel of kernelNames) {
      const sizes = Object.fromEntries(parameterNames(kernel).map((name) => [name, 1]))
      const { failures } = declarations[kernel]
      failures.forEach((_, i) => {
        expect(fillFailure(kernel, { code: i + 1, row: 2, value: 3 }, sizes)).not.toMatch(/undefined|[{}]/)
      })
      for (const { kind, name, inPlaceOf } of declarations[kernel].parameters as readonly {
        kind: string
        name: string
        inPlaceOf?: readonly string[]
      }[]) {
        expect(parameterNames(kernel)).toContain(name)
        if (kind === 'tensor') expect(parameterNames(kernel)).toEqual(expect.arrayContaining([...(inPlaceOf ?? [])]))
      }
    }
  })

  it('reference float64 refuses float32', () => {
    const { add } = referenceKernels('float64')
    expect(() => add({ y: real(1), a: real(1), b: real(1), n: 1 })).toThrow(
      'add: y is a float32 tensor, expected float64',
    )
  })

  it('a tensor without data says why', () => {
    const recorded = new Tensor({ memory: 0, offset: 0, element: 'float32' }, [1])
    const { add } = referenceKernels('float32')
    expect(() => add({ y: recorded, a: real(1), b: real(1), n: 1 })).toThrow('a plan is being recorded')
  })
})
