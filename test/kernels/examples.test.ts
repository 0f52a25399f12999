// The worked example of every kernel's spec, on every backend and in float64. Parity compares backends with the reference; this says that the reference means what it should.

import { describe, expect, it } from 'vitest'
import { type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import type { KernelArguments, Kernels } from '../../src/kernels/kernels.js'
import { referenceKernels } from '../../src/kernels/reference/index.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { testBackends } from '../backends.js'
import { tensorsOf } from './harness.js'
import { specOf } from './specs.js'

/** 6 digits: errors of meaning, not of rounding, which the parity tests bound. -0 becomes 0. */
const rounded = (value: number): number => Number(value.toPrecision(6)) + 0

/** Runs an example and returns what its tensors hold then. */
function run<K extends KernelName>(
  kernels: { readonly [P in KernelName]: (args: KernelArguments<P>) => void } & Pick<Kernels, 'empty'>,
  kernel: K,
): Readonly<Record<string, ArrayLike<number>>> {
  const args: Record<string, unknown> = { ...specOf(kernel).example.args }
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
      for (const [name, answer] of Object.entries(specOf(kernel).example.answer)) {
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
    for (const { m = 0, n = 0, k = 0, transposeA = 0, transposeB = 0, relu = 0, alpha = 1, beta = 0 } of specOf('gemm')
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
