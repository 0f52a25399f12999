// Profiles: exact counts, work as declared, shares that add up; nothing measured or changed where none is asked for.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { allocateArray, type Backend } from '../../src/kernels/backend.js'
import { declarations, type KernelName, kernelNames } from '../../src/kernels/declarations.js'
import { compileExpression } from '../../src/kernels/expression.js'
import { native } from '../../src/kernels/native/index.js'
import { Plan } from '../../src/kernels/plan.js'
import type { Profile } from '../../src/kernels/profile.js'
import { record } from '../../src/kernels/recorder.js'
import { workOf } from '../../src/kernels/work.js'
import { trainingBackends } from '../model/models.js'
import { hasNative } from '../setup/backend.js'
import type { Numbers } from './spec.js'
import { specOf } from './specs.js'

/** Two calls to one kernel, two kinds of product, a host call, a commit: everything that a profile tells apart. */
function makePlan(backend: Backend): { plan: Plan; results: Float32Array } {
  const recording = record('float32', ['at'], [], (recorder) => {
    const { kernels, rows } = recorder
    const [x, w] = [kernels.empty([rows, 4]), kernels.empty([4, 3])]
    const [y, z] = [kernels.empty([rows, 3]), kernels.empty([rows, 3])]
    recorder.owner = 'start'
    kernels.fill({ y: x, n: x.size, value: 0.3 })
    kernels.fill({ y: w, n: w.size, value: 0.7 })
    recorder.owner = 'layer'
    kernels.gemm({ c: y, a: x, b: w, m: rows, n: 3, k: 4 })
    kernels.gemm({ c: w, a: x, b: y, m: 4, n: 3, k: rows, transposeA: 1, beta: 1 })
    kernels.scale({ y: z, x: y, n: y.size, alpha: 2 })
    kernels.host(([out], [values]) => out?.data.set(values?.data ?? []), [y], [z])
    recorder.phase = 'commit'
    recorder.owner = 'end'
    const sums = recorder.slot('sums', 'float32')
    kernels.sum({ sums, x: y, n: y.size, at: 0, length: 1 })
  })
  const plan = new Plan(backend, recording, 8, backend.createLock())
  const results = allocateArray(backend, 'float32', 1) as Float32Array
  plan.bind({ sums: results })
  return { plan, results }
}

/** Steps of 8, 8 and 5 rows. */
const table = Float64Array.of(8, 0, 8, 1, 5, 2)
const countsOf = ({ entries }: Profile): Record<string, number> =>
  Object.fromEntries(entries.map(({ owner, kernel, calls }) => [`${owner}: ${kernel}`, calls]))
const eachCall = (calls: number): Record<string, number> => ({
  'start: fill': 2 * calls,
  'layer: gemm': calls,
  'layer: gemm transposeA': calls,
  'layer: scale': calls,
  'layer: host': calls,
  'end: sum': calls,
})

afterEach(() => vi.unstubAllEnvs())

describe.each(trainingBackends())('a profile on %s', (_, backend) => {
  it('counts every call, on the training thread and here, and changes no bit', async () => {
    const [plain, profiled] = [makePlan(backend), makePlan(backend)]
    profiled.plan.profiling = true
    for (const { plan } of [plain, profiled]) {
      expect((await plan.run(table, 3)).outcome).toBe('done')
      expect(plan.runSync(table, 2).outcome).toBe('done')
    }
    expect(profiled.results).toEqual(plain.results)
    expect(plain.results[0]).not.toBe(0)
    expect(plain.plan.profile().entries).toEqual([])
    expect(countsOf(profiled.plan.profile())).toEqual(eachCall(5))
    expect(profiled.plan.profile().steps).toBe(5)
  })

  it('times each call, longest first, in shares of the whole, and counts its work', () => {
    const { plan } = makePlan(backend)
    plan.profiling = true
    plan.runSync(table, 3)
    const { entries, milliseconds } = plan.profile()
    const times = entries.map((entry) => entry.milliseconds)
    expect(Math.min(...times)).toBeGreaterThan(0)
    expect(times).toEqual([...times].sort((a, b) => b - a))
    expect(times.reduce((sum, time) => sum + time)).toBeCloseTo(milliseconds, 9)
    expect(entries.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
    const workDone = (name: string) => {
      const entry = entries.find(({ kernel }) => kernel === name)
      return [entry?.gflops, entry?.gigabytes].map((rate) => Math.round((rate ?? 0) * (entry?.milliseconds ?? 0) * 1e6))
    }
    // 21 rows in 3 steps; x, w and y are 4, 12 and 3 elements a row, a step and a row.
    expect(workDone('gemm')).toEqual([2 * 21 * 3 * 4, 4 * (21 * 4 + 3 * 12 + 21 * 3)])
    // This one adds to w, which is therefore read and written.
    expect(workDone('gemm transposeA')).toEqual([2 * 21 * 3 * 4, 4 * (21 * 4 + 6 * 12 + 21 * 3)])
    expect(workDone('sum')).toEqual([21 * 3, 4 * (21 * 3 + 3)])
    expect(workDone('host')).toEqual([0, 0])
  })

  it('begins anew when switched on, stops when switched off, leaves out what did not end', () => {
    const { plan } = makePlan(backend)
    plan.profiling = true
    plan.runSync(table, 3)
    plan.profiling = true
    // The budget ends after three of the step's calls.
    expect(plan.runSync(table, 3, 3).outcome).toBe('stopped')
    expect(countsOf(plan.profile())).toEqual({ 'start: fill': 2, 'layer: gemm': 1 })
    expect(plan.profile().steps).toBe(0)
    plan.profiling = false
    plan.runSync(table, 3)
    expect(countsOf(plan.profile())).toEqual({ 'start: fill': 2, 'layer: gemm': 1 })
    expect(plan.profiling).toBe(false)
  })

  it('prints a table with a total', () => {
    const { plan } = makePlan(backend)
    expect(`${plan.profile()}`.split('\n')).toHaveLength(2)
    plan.profiling = true
    plan.runSync(table, 3)
    const lines = `${plan.profile()}`.split('\n')
    expect(lines[0]).toMatch(/^owner +kernel +calls +ms +µs a call +share +GFLOP\/s +GB\/s$/)
    expect(lines).toHaveLength(2 + 6)
    expect(lines.at(-1)).toMatch(/^total +3 steps of \d+\.\d{3} ms +21 +\d+\.\d\d +\d+\.\d\d +100\.0 %/)
  })

  it.each([
    ['1', true],
    ['0', false],
    ['', false],
  ])('NETWRIGHT_PROFILE=%s', (value, on) => {
    vi.stubEnv('NETWRIGHT_PROFILE', value)
    expect(makePlan(backend).plan.profiling).toBe(on)
  })
})

describe.skipIf(!hasNative)('a profile while the training thread runs', () => {
  it('is refused, and so is switching it', async () => {
    const { plan } = makePlan(native())
    const running = plan.run(table, 3)
    expect(() => plan.profile()).toThrow('a job is running')
    expect(() => {
      plan.profiling = true
    }).toThrow('a job is running')
    await running
    expect(plan.profiling).toBe(false)
  })
})

describe('the work of a call', () => {
  it('is finite and not negative for every case of every kernel, and bytes are at most all elements twice', () => {
    for (const kernel of kernelNames) {
      for (const numbers of specOf(kernel).cases) {
        const { flops, bytes } = workOf(kernel, numbers)
        const most = 2 * elementsOf(kernel, numbers) * 4 + 16
        if (!(flops >= 0 && bytes >= 0 && flops < Number.POSITIVE_INFINITY && bytes <= most)) {
          throw new Error(`${kernel} ${JSON.stringify(numbers)}: ${flops} operations, ${bytes} bytes of ${most}`)
        }
      }
    }
  })

  it('counts what is touched of a data set, optional tensors that are given, float64 twice', () => {
    const gather = { rows: 100, cols: 784, samples: 60_000, length: 60_000, cursor: 0 }
    expect(workOf('gatherBytes', gather).bytes).toBe(100 * 784 * 5 + 400)
    const product = { m: 10, n: 20, k: 30 }
    const { bytes } = workOf('gemm', product)
    expect(bytes).toBe(4 * (10 * 30 + 30 * 20 + 10 * 20))
    expect(workOf('gemm', { ...product, bias: {} }).bytes).toBe(bytes + 4 * 20)
    expect(workOf('gemm', product, 'float64').bytes).toBe(2 * bytes)
    const image = { rows: 2, channels: 3, height: 8, width: 8, kernelHeight: 3, kernelWidth: 3, filters: 5 }
    expect(workOf('conv2dForward', { ...image, outHeight: 6, outWidth: 6 }).flops).toBe(2 * 2 * 36 * 5 * 27)
  })
})

/** Elements of all of a kernel's required tensors. */
function elementsOf(kernel: KernelName, given: Numbers): number {
  const numbers: Record<string, number> = {}
  for (const parameter of declarations[kernel].parameters) {
    if (parameter.kind !== 'tensor') numbers[parameter.name] = given[parameter.name] ?? parameter.default
  }
  const extents = declarations[kernel].parameters.flatMap((parameter) =>
    parameter.kind === 'tensor' ? [compileExpression(parameter.extent, Object.keys(numbers))(numbers)] : [],
  )
  return extents.reduce((sum, extent) => sum + extent, 0)
}
