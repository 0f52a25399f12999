// The comparison with peers (bench/peers.ts) without any peer: its protocol, its turns, its arithmetic and its words.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Child, MissingError } from '../../bench/peers/child.js'
import { geometricMean, type ProductRow, productsOfNetworks, summaryLines } from '../../bench/peers/openblas.js'
import { bestOf, floorOf, type Measured, missingLine, rowsOf, textOf } from '../../bench/peers/report.js'
import { type Runner, takeTurns } from '../../bench/peers/rounds.js'
import { workloads, workOf } from '../../bench/workloads.js'
import { native } from '../../src/kernels/native/index.js'
import { hasNative } from '../setup/backend.js'

const fake = (behaviour: string) => ({
  file: process.execPath,
  args: [fileURLToPath(new URL('fake-peer.mjs', import.meta.url)), behaviour],
})

describe('a peer in a process of its own', () => {
  test('says its version, then times as many steps as it is asked for', async () => {
    const child = await Child.start(fake('slow'))
    expect(child.ready).toEqual({ version: '1.2.3', setting: 'quick' })
    const first = await child.run(2)
    const second = await child.run(1)
    child.close()
    // Of one step, which sleeps 20 ms.
    expect(Math.min(first.ms, second.ms)).toBeGreaterThan(18)
    expect([first.value, second.value]).toEqual([2, 3])
  })

  test('a package or a program that is missing is told apart from one that fails', async () => {
    await expect(Child.start(fake('missing'))).rejects.toThrow(new MissingError('netwright-no-such-package'))
    await expect(Child.start({ file: 'netwright-no-such-program', args: [] })).rejects.toThrow(MissingError)
    await expect(Child.start(fake('broken'))).rejects.toThrow('this peer cannot start')
    expect(missingLine('PyTorch', 'torch', 'pip install torch')).toBe(
      'PyTorch: not measured, torch is missing. Install it with: pip install torch',
    )
  })

  test('one that breaks later says why', async () => {
    const child = await Child.start(fake('breaks'))
    await child.run(1)
    await expect(child.run(1)).rejects.toThrow('this peer breaks later')
  })
})

/** A runner of which a step takes `ms`, that notes when it is run. */
function runner(name: string, ms: number, log: string[]): Runner {
  let steps = 0
  return {
    run: async (count) => {
      log.push(name)
      steps += count
      return { ms, value: steps }
    },
  }
}

test('subjects take turns; slow ones leave after three rounds, broken ones at once', async () => {
  const log: string[] = []
  let beside = 0
  const broken: Runner = {
    run: (count) => (count === 7 ? Promise.resolve({ ms: 1, value: 0 }) : Promise.reject(new Error('out of memory'))),
  }
  const [failed, ...timings] = await takeTurns(
    [broken, runner('a', 10, log), runner('b', 25, log), runner('c', 2000, log)],
    {
      rounds: 5,
      sliceMs: 100,
      firstSteps: 7,
      beside: () => {
        beside++
      },
    },
  )
  expect(beside).toBe(5)
  expect(log.slice(log.lastIndexOf('c') - 8).join('')).toBe('abcabcabcabab')
  expect(timings).toEqual([
    { times: [10, 10, 10, 10, 10], value: 7 },
    { times: [25, 25, 25, 25, 25], value: 7 },
    { times: [2000, 2000, 2000], value: 7 },
  ])
  expect(failed).toEqual(new Error('out of memory'))
})

const measured = (peer: string, threads: number, times: readonly number[], value: number): Measured => ({
  peer,
  version: '1',
  setting: '',
  threads,
  times,
  value,
  tolerance: peer === 'own way' ? undefined : 1e-3,
})

// 100 MFLOP and 4 MB at 50 GFLOP/s and 4 GB/s.
const floor = floorOf({ flops: 1e8, optimizerBytes: 4e6, optimizerSpan: 1 }, { gflops: 50, gigabytes: 4 })
const rows = rowsOf(
  'net',
  [
    measured('netwright', 2, [4, 8, 5], 2),
    measured('other', 1, [8, 20, 50], 2.001),
    measured('other', 2, [30, 30, 30], 2.003),
    measured('own way', 1, [400, 900], 7),
  ],
  floor,
)

describe('rows', () => {
  test('a ratio is the median of the rounds’ ratios, of those that both took part in', () => {
    expect(rows.map(({ ratioToNetwright }) => ratioToNetwright)).toEqual([1, 2.5, 6, 106.25])
    expect(rows.map(({ medianMs }) => medianMs)).toEqual([5, 20, 30, 650])
  })

  test('shares of the floor', () => {
    expect(floor).toEqual({ productsMs: 2, trafficMs: 1 })
    expect(rows[0]).toMatchObject({ floorShare: 0.4, floorAndTrafficShare: 0.6 })
    expect(rowsOf('predict', [measured('netwright', 1, [1], 1)], undefined)[0]?.floorShare).toBeNull()
  })

  test('who computes the same, and who cannot begin alike', () => {
    expect(rows.map(({ computesTheSame }) => computesTheSame)).toEqual([true, true, false, null])
  })

  test('the best of a peer’s numbers of threads is marked', () => {
    expect(bestOf(rows).map(({ peer, threads }) => `${peer} ${threads}`)).toEqual([
      'netwright 2',
      'other 1',
      'own way 1',
    ])
    const lines = textOf(rows).split('\n')
    expect(lines.filter((line) => line.includes('x *')).length).toBe(3)
    expect(lines.find((line) => line.includes('30.0 ms'))).toMatch(/6\.00x {2}.* 2\.003 +NO/)
  })
})

test('products: geometric mean, the worst, and what threads gain beside the peak', () => {
  expect(geometricMean([2, 8])).toBe(4)
  const row = (product: string, threads: number, ownMs: number, otherMs: number, peakGflops: number): ProductRow => ({
    workload: '',
    peer: 'OpenBLAS',
    version: '1.0',
    threads,
    medianMs: otherMs,
    ratioToNetwright: otherMs / ownMs,
    product,
    origin: 'cube',
    isa: 'avx2',
    core: 'Haswell',
    ownMs,
    flops: 1,
    peakGflops,
  })
  expect(
    summaryLines([row('8,8,8,NN', 1, 2, 1, 100), row('9,9,9,NN', 1, 1, 8, 100), row('8,8,8,NN', 2, 1, 1, 160)]),
  ).toEqual([
    'avx2, 1 thread against OpenBLAS 1.0 Haswell, 512, 1024, 2048 cubed: geometric mean 2.00x, worst 0.50x (8,8,8,NN)',
    'avx2, 2 threads against OpenBLAS 1.0 Haswell, 512, 1024, 2048 cubed: geometric mean 1.00x, worst 1.00x (8,8,8,NN)',
    '2 threads at 8,8,8,NN: 2.00x one thread, the peak 1.60x: 125 %; OpenBLAS 1.00x',
  ])
})

describe.skipIf(!hasNative)('workloads', () => {
  test('a step’s work, as counted by hand', () => {
    const work = workloads.map((workload) => workOf(workload.model(native()), workload.optimizer()))
    const mlp50 = 2 * 100 * (2 * 784 * 50 + 3 * 50 * 10)
    const mlp512 = 2 * 100 * (2 * 784 * 512 + 3 * (512 * 512 + 512 * 10))
    const simpleconv = 2 * 100 * (2 * 24 * 24 * 30 * 25 + 3 * (4320 * 100 + 100 * 10))
    expect(work.map(({ flops }) => flops).slice(0, 3)).toEqual([mlp50, mlp512, simpleconv])
    expect(work[3]?.flops).toBeCloseTo(5241e6, -7)
    // SGD reads values and gradients and writes values; Adam does that with both moments, too.
    expect(work[0]?.optimizerBytes).toBe(3 * 4 * (784 * 50 + 50 + 50 * 10 + 10))
    expect(work[3]?.optimizerBytes).toBe(7 * 4 * 123_552)
  })

  test('products of the networks: no input gradient for first layers, convolutions as im2col has them', () => {
    const names = productsOfNetworks().map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['100,50,784,NN', '784,50,100,TN', '100,50,10,NT', '25,30,57600,TN']))
    expect(names).not.toContain('100,784,50,NT')
    expect(new Set(names).size).toBe(names.length)
  })
})

test('peers are no dependencies of the package, and install without running scripts', () => {
  const text = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
  const { dependencies, private: isPrivate } = JSON.parse(text('bench/peers/package.json'))
  const { devDependencies } = JSON.parse(text('package.json'))
  expect(isPrivate).toBe(true)
  expect(Object.keys(dependencies).filter((name) => name in devDependencies)).toEqual([])
  expect(text('bench/peers/.npmrc')).toMatch(/^ignore-scripts=true$/m)
})
