// What the attacks on the addon share: the addon, seeded choices, values that nobody expects.

import assert from 'node:assert/strict'
import { type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { requireAddon } from '../../src/kernels/native/load.js'
import { Random } from '../../src/random/random.js'

const [, seed = '0'] = process.argv.slice(2)
export const random = new Random(Number(seed))
export const addon = requireAddon()
export const isas = addon.isas()
export const [isa = ''] = isas

export const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T
export const indexOf = (kernel: KernelName): number => kernelNames.indexOf(kernel)
export const shared = (bytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(bytes))
export const floats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length))

/** A call that must throw a JavaScript error. */
export function refused(what: string, action: () => unknown): void {
  try {
    action()
  } catch (error) {
    assert(error instanceof Error, `${what}: threw something that is no Error`)
    return
  }
  assert.fail(`${what}: accepted`)
}

export const junk: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  0.5,
  3,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  1e300,
  2 ** 53,
  -(2 ** 53),
  2 ** 31,
  2 ** 32,
  '',
  'avx2',
  'x'.repeat(10_000),
  Symbol('junk'),
  10n,
  {},
  [],
  [1, 2, 3],
  new Array(5),
  () => 1,
  class {},
  new Date(),
  new Proxy([], {}),
  new Proxy({}, {}),
  new ArrayBuffer(8),
  new SharedArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  new Uint8Array(0),
  new Float32Array(4),
  new Float64Array(4),
  Float64Array.of(Number.NaN, 1e300, -1, 0.5),
  new BigInt64Array(2),
  new Int32Array(new SharedArrayBuffer(8)),
  Object.create(null),
  new addon.Lock(),
  Object.create(addon.Lock.prototype),
  Object.create(addon.Plan.prototype),
]

export const nasty = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -0,
  0.5,
  1,
  2,
  3,
  4,
  64,
  65,
  4097,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  1e300,
  -2,
  -4,
  -(2 ** 31),
  Number.MIN_VALUE,
]
