// `netwright doctor` as a child process: with the addon, without one, and with one that ends whatever loads it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { probes } from '../../src/cli/doctor/probe-networks.js'
import { declarations, kernelNames } from '../../src/kernels/declarations.js'
import { availableIsas, native } from '../../src/kernels/native/index.js'
import { addonPath } from '../../src/kernels/native/load.js'
import { netwright } from './netwright.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-doctor-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

beforeEach(() => {
  for (const name of ['NETWRIGHT_BACKEND', 'NETWRIGHT_ISA', 'NETWRIGHT_ADDON']) vi.stubEnv(name, undefined)
  vi.stubEnv('NETWRIGHT_THREADS', '1')
})
afterEach(() => vi.unstubAllEnvs())

test('tells what is there, and tests all of it', async () => {
  const { code, stdout, stderr } = await netwright(['doctor', '--json'])
  const { backends, used, tests, problems, system } = JSON.parse(stdout)
  expect(stderr).toBe('')
  expect(backends.native).toEqual({ isas: availableIsas(), what: addonPath() })
  expect(used.info).toMatchObject({ backend: 'native', isa: availableIsas()[0], threads: 1 })
  expect(system.Settings).toBe('NETWRIGHT_THREADS=1')
  for (const isa of availableIsas()) expect(Object.keys(tests)).toContain(`native ${isa}`)
  for (const { difference, accuracy, samplesPerSecond, problems } of Object.values<Record<string, unknown>>(tests)) {
    expect(problems).toEqual([])
    expect(difference).toBeLessThan(2e-6)
    expect(accuracy).toBeGreaterThan(0.97)
    expect(samplesPerSecond).toBeGreaterThan(100)
  }
  // A clone may lack the WebAssembly module, which takes clang to build.
  expect(problems.filter((text: string) => !text.startsWith('wasm: '))).toEqual([])
  expect(code).toBe(problems.length === 0 ? 0 : 1)
}, 90_000)

test('without an addon: exit code 1, the reason, the cure, and tests of the rest', async () => {
  const path = join(folder, 'none.node')
  vi.stubEnv('NETWRIGHT_ADDON', path)
  const { code, stdout } = await netwright(['doctor'])
  expect(code).toBe(1)
  expect(stdout).toContain(`✗ native    not to be had: ${path}\n`)
  expect(stdout).toMatch(/✓ reference js +\S+e-7 +1\.000 +[\d,]+\n/)
  expect(stdout).toMatch(
    /\nnative: netwright's native addon is not available \(.*: no such file\)\. NETWRIGHT_ADDON names it: /,
  )
}, 90_000)

/** Overwrites the code of an ELF file with instructions that no processor has. */
function breakCode(bytes: Buffer): void {
  const [start, size, count] = [Number(bytes.readBigUInt64LE(40)), bytes.readUInt16LE(58), bytes.readUInt16LE(60)]
  for (let section = start; section < start + count * size; section += size) {
    const [flags, offset, length] = [8, 24, 32].map((at) => Number(bytes.readBigUInt64LE(section + at))) as [
      number,
      number,
      number,
    ]
    const isCode = (flags & 4) !== 0
    if (isCode) bytes.fill(process.arch === 'x64' ? 0x06 : 0, offset, offset + length)
  }
}

test.runIf(process.platform === 'linux')(
  'an addon that crashes what loads it does not crash the doctor',
  async () => {
    const path = join(folder, 'damaged.node')
    const bytes = readFileSync(addonPath())
    breakCode(bytes)
    writeFileSync(path, bytes)
    vi.stubEnv('NETWRIGHT_ADDON', path)
    const { code, stdout } = await netwright(['doctor'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/\nnative: loading .*damaged\.node ended its process by SIG\w+: the file is damaged\./)
    expect(stdout).toContain('✓ reference js')
  },
  90_000,
)

test('the networks of the self-test run every kernel that training uses', async () => {
  const used = new Set<string>()
  const { compile, ...backend } = native()
  for (const probe of probes) {
    const model = probe.network({
      seed: 3,
      backend: {
        ...backend,
        compile: (program, lock) => {
          for (const call of program.calls) if (call.kind === 'kernel') used.add(call.kernel)
          return compile(program, lock)
        },
      },
    })
    await model.fit(probe.x, probe.y, { ...probe.settings(), epochs: 1, batchSize: 16 })
    model.predict(probe.x)
  }
  expect(Object.keys(declarations)).toHaveLength(kernelNames.length)
  expect(kernelNames.filter((kernel) => !used.has(kernel)).sort()).toEqual(
    // im2col and col2im are for users; the rest is for metrics by hand, AUC and drawings of random numbers in bulk.
    ['col2im', 'im2col', 'isAbove', 'putReals', 'randomUniform', 'scale'],
  )
})
