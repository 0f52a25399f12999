// Every rule about windows (convolution, pooling, im2col) refuses what breaks it, in its own words, on every backend.

import { describe, expect, it } from 'vitest'
import type { Declaration } from '../../src/kernels/declaration.js'
import { declarations, type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import { Tensor } from '../../src/tensor/tensor.js'
import { type TestBackend, testBackends } from '../backends.js'
import type { Numbers } from './spec.js'

const parametersOf = (kernel: KernelName): Declaration['parameters'] => declarations[kernel].parameters
const rulesOf = (kernel: KernelName): readonly string[] => declarations[kernel].rules
const windowKernels = kernelNames.filter((kernel) => parametersOf(kernel).some(({ name }) => name === 'outHeight'))

const sound: Numbers = {
  rows: 1,
  channels: 2,
  height: 5,
  width: 4,
  kernelHeight: 3,
  kernelWidth: 2,
  outHeight: 3,
  outWidth: 2,
  strideHeight: 2,
  strideWidth: 2,
  padTop: 1,
  padLeft: 0,
  filters: 2,
  groups: 2,
}
const square = 46341 // 46340² is the last below 2^31

/** What breaks a rule, and which. Where a kernel has not got the rule, the geometry must be fine. */
const bad: readonly (readonly [change: Numbers, rule: string, numbers: string])[] = [
  [{ kernelHeight: 0, padTop: 0 }, 'kernelHeight >= 1 && kernelHeight <= 65536', 'kernelHeight=0'],
  [{ kernelHeight: 65537 }, 'kernelHeight >= 1 && kernelHeight <= 65536', 'kernelHeight=65537'],
  [{ kernelWidth: 0 }, 'kernelWidth >= 1 && kernelWidth <= 65536', 'kernelWidth=0'],
  [{ kernelWidth: 2 ** 53 - 1 }, 'kernelWidth >= 1 && kernelWidth <= 65536', 'kernelWidth=9007199254740991'],
  [{ strideHeight: 0 }, 'strideHeight >= 1 && strideHeight <= 65536', 'strideHeight=0'],
  [{ strideHeight: 65537 }, 'strideHeight >= 1 && strideHeight <= 65536', 'strideHeight=65537'],
  [{ strideWidth: 0 }, 'strideWidth >= 1 && strideWidth <= 65536', 'strideWidth=0'],
  [{ strideWidth: 2 ** 32 }, 'strideWidth >= 1 && strideWidth <= 65536', 'strideWidth=4294967296'],
  [{ padTop: 65537 }, 'padTop <= 65536 && padLeft <= 65536', 'padTop=65537, padLeft=0'],
  [{ padLeft: 2 ** 31 }, 'padTop <= 65536 && padLeft <= 65536', 'padTop=1, padLeft=2147483648'],
  ...['channels', 'height', 'width', 'outHeight', 'outWidth'].map((name) => {
    const rule = 'channels >= 1 && height >= 1 && width >= 1 && outHeight >= 1 && outWidth >= 1'
    const { channels, height, width, outHeight, outWidth } = sound
    const values = Object.entries({ channels, height, width, outHeight, outWidth, [name]: 0 })
    return [{ [name]: 0 }, rule, values.map((entry) => entry.join('=')).join(', ')] as const
  }),
  [{ height: square, width: square }, 'height * width <= 2147483647', `height=${square}, width=${square}`],
  [
    { outHeight: square, outWidth: square },
    'outHeight * outWidth <= 2147483647',
    `outHeight=${square}, outWidth=${square}`,
  ],
  [
    { kernelHeight: square, kernelWidth: square },
    'kernelHeight * kernelWidth <= 2147483647',
    `kernelHeight=${square}, kernelWidth=${square}`,
  ],
  [{ padTop: 3 }, 'padTop < kernelHeight', 'padTop=3, kernelHeight=3'],
  [{ padLeft: 2 }, 'padLeft < kernelWidth', 'padLeft=2, kernelWidth=2'],
  // The fourth window begins at row 5, behind the last.
  [
    { outHeight: 4 },
    '(outHeight - 1) * strideHeight < height + padTop',
    'outHeight=4, strideHeight=2, height=5, padTop=1',
  ],
  [{ outWidth: 3 }, '(outWidth - 1) * strideWidth < width + padLeft', 'outWidth=3, strideWidth=2, width=4, padLeft=0'],
  [{ relu: 2 }, 'relu <= 1', 'relu=2'],
  [{ countPadding: 2 }, 'countPadding <= 1', 'countPadding=2'],
  [{ groups: 0 }, 'groups >= 1 && groups <= 65536', 'groups=0'],
  [{ groups: 65537 }, 'groups >= 1 && groups <= 65536', 'groups=65537'],
]

/** Calls the kernel with tensors as long as they must be, up to a limit; answers what it says, '' if nothing. */
function messageOf({ kernels }: TestBackend, kernel: KernelName, given: Numbers): string {
  const parameters = parametersOf(kernel)
  const numbers: Record<string, number> = {}
  for (const parameter of parameters) {
    if (parameter.kind !== 'tensor') numbers[parameter.name] = given[parameter.name] ?? parameter.default
  }
  const args: Record<string, Tensor | number> = { ...numbers }
  for (const parameter of parameters) {
    if (parameter.kind !== 'tensor') continue
    const length = Math.min(compileExpression(parameter.extent, Object.keys(numbers))(numbers), 1000)
    const data = parameter.element === 'int32' ? new Int32Array(length) : new Float32Array(length)
    args[parameter.name] = new Tensor(data, [length])
  }
  try {
    ;(kernels as unknown as Record<KernelName, (args: object) => void>)[kernel](args)
  } catch (error) {
    return String(error)
  }
  return ''
}

describe.each(testBackends())('$name', (backend) => {
  it.each(windowKernels)('%s', (kernel) => {
    expect(messageOf(backend, kernel, sound)).toBe('')
    for (const [change, rule, numbers] of bad) {
      const message = messageOf(backend, kernel, { ...sound, ...change })
      if (rulesOf(kernel).includes(rule)) {
        expect(message).toBe(`RangeError: ${kernel}: ${rule} is false (${numbers})`)
      } else {
        expect(message).not.toContain('is false')
      }
    }
  })
})

it('no rule of these kernels is left out', () => {
  const broken = new Set(bad.map(([, rule]) => rule))
  expect(windowKernels.flatMap(rulesOf).filter((rule) => !broken.has(rule))).toEqual([])
})
