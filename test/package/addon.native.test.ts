// The built addon as a binary: which symbols its objects define, which instructions and system libraries it needs.
// Reads what the last local build left; skipped where the tools (binutils) or the objects are missing.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { addonPath } from '../../src/kernels/native/load.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const addon = addonPath()
const has = (tool: string) => process.platform === 'linux' && spawnSync(tool, ['--version']).status === 0
const read = (tool: string, ...parameters: string[]) =>
  execFileSync(tool, parameters, { encoding: 'utf8', maxBuffer: 1 << 28 })

const objects = ['build/cmake', 'native/build']
  .map((folder) => join(root, folder))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.o'))
      .map((name) => join(folder, name)),
  )
const isaOf = (object: string) => /kernels_(\w+?)[./]/.exec(object)?.[1]
const kernelObjects = objects.filter((object) => isaOf(object) !== undefined)

describe.skipIf(!has('nm') || kernelObjects.length === 0)('symbols (nm)', () => {
  test.each(kernelObjects.map((object) => [isaOf(object) as string, object]))(
    '%s kernels define one global symbol and no weak one',
    (isa, object) => {
      // Anything more, such as an inline function of the standard library, could replace the baseline's copy at link
      // time and stop older processors.
      const lines = read('nm', '--defined-only', '--demangle', object).trim().split('\n')
      const shared = lines.map((line) => line.replace(/^[0-9a-f]+ /, '')).filter((line) => /^[A-ZuvwW] /.test(line))
      expect(shared).toEqual([`T netwright::${isa}::kernelTable()`])
    },
  )
})

describe.skipIf(!has('objdump') || process.arch !== 'x64' || objects.length === 0)('instructions (objdump)', () => {
  const baseline = objects.filter((object) => [undefined, 'sse2'].includes(isaOf(object)))
  test.each(baseline.map((object) => [object.slice(root.length)]))('%s keeps to the baseline', (object) => {
    const code = read('objdump', '--disassemble', '--no-show-raw-insn', join(root, object))
    expect(code.match(/^.*%[yz]mm.*$/m)?.[0]).toBeUndefined()
  })
})

// A binary built here is to run on Debian 10 and RHEL 8. What a newer C library than Debian 12's puts into a build on
// the user's own machine is no fault.
const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
const minor = Number(report.header.glibcVersionRuntime?.split('.')[1] ?? Number.NaN)

test.skipIf(!has('objdump') || !(minor <= 36))('the addon needs no C library newer than glibc 2.28', () => {
  const imports = [...read('objdump', '-T', addon).matchAll(/\(?GLIBC_2\.(\d+)[\d.]*\)? +(\S+)$/gm)]
  expect(imports.length).toBeGreaterThan(0)
  expect(imports.filter(([, number]) => Number(number) > 28).map(([text]) => text)).toEqual([])
})

test.skipIf(!has('objdump'))('nor a C++ library newer than that of GCC 8, as those systems have', () => {
  const imports = [...read('objdump', '-T', addon).matchAll(/\(?GLIBCXX_3\.4\.(\d+)\)? +(\S+)$/gm)]
  expect(imports.length).toBeGreaterThan(0)
  expect(imports.filter(([, number]) => Number(number) > 25).map(([text]) => text)).toEqual([])
})
