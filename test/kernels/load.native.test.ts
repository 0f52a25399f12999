// What happens where the addon's file is not the addon: each case in a process of its own, with a damaged copy of the
// real one. The process must live, train on another backend, and say once what was wrong.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { declarations, fingerprint } from '../../src/kernels/declarations.js'
import { addonPath } from '../../src/kernels/native/load.js'
import { tryModule } from '../../src/kernels/wasm/index.js'
import { type ChildResult, runChild } from '../child.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-load-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Trains in a process whose addon is `path`. */
const train = (path: string, variables: Readonly<Record<string, string>> = {}) =>
  runChild('test/kernels/load-child.ts', [], {
    env: { NETWRIGHT_BACKEND: '', NETWRIGHT_ISA: '', NETWRIGHT_ADDON: path, ...variables },
  })

/** It trained, on a backend other than native, and told once why. */
function expectFallback({ code, signal, output }: ChildResult, path: string, reason: string): void {
  expect([code, signal], output).toEqual([0, null])
  expect(output).toMatch(/^(wasm|reference)$/m)
  for (const text of [path, reason, 'NETWRIGHT_ADDON names it', 'npx netwright doctor']) expect(output).toContain(text)
  expect(output.split('NETWRIGHT_FALLBACK').length - 1).toBe(1)
}

/** A copy of the addon, changed. */
function damaged(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const path = join(folder, `${name}.node`)
  writeFileSync(path, change(readFileSync(addonPath())))
  return path
}

test('a copy of the addon elsewhere is the addon, also by a relative path', async () => {
  const path = join(folder, 'copy.node')
  copyFileSync(addonPath(), path)
  for (const name of [path, relative(process.cwd(), path)]) {
    expect(await train(name)).toMatchObject({ code: 0, output: 'native\n' })
  }
})

describe('falls back with one notice that gives the reason', () => {
  const cutAt = (share: number) => (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * share))
  const withMachine = (machine: number) => (bytes: Buffer) => {
    bytes.writeUInt16LE(machine, 18)
    return bytes
  }
  const cases: [name: string, change: (bytes: Buffer) => Uint8Array, reason: string][] = [
    ['empty', () => new Uint8Array(), 'the file is cut short'],
    ['cut after the magic number', (bytes) => bytes.subarray(0, 4), 'the file is cut short'],
    ['cut to a tenth', cutAt(0.1), 'the file is cut short'],
    ['cut to a half', cutAt(0.5), 'the file is cut short'],
    ['a byte short', (bytes) => bytes.subarray(0, -1), 'the file is cut short'],
    ['a text', () => Buffer.from('version https://git-lfs.github.com/spec/v1\n'.repeat(4)), 'invalid ELF header'],
    [
      'of another processor',
      withMachine(process.arch === 'x64' ? 183 : 62),
      `built for ${process.arch === 'x64' ? 'arm64' : 'x64'}`,
    ],
    ['of other declarations', otherDeclarations, 'built from other kernel declarations'],
  ]
  test.runIf(process.platform === 'linux').each(cases)('%s', async (name, change, reason) => {
    const path = damaged(name.replaceAll(' ', '-'), change)
    expectFallback(await train(path), path, reason)
  })

  test.each([
    ['a folder', 'it is no file'],
    ['a program', 'its name does not end in .node'],
  ])('%s', async (name, reason) => {
    const path = join(folder, name.replaceAll(' ', '-'))
    if (name === 'a folder') mkdirSync(path)
    else writeFileSync(path, "console.log('executed')")
    const result = await train(path)
    expectFallback(result, path, reason)
    expect(result.output).not.toContain('executed')
  })

  test('missing', async () => {
    const path = join(folder, 'none.node')
    expectFallback(await train(path), path, 'no such file')
  })
})

/** As an addon of another version: the text of its fingerprint is another. */
function otherDeclarations(bytes: Buffer): Uint8Array {
  const known = fingerprint(declarations)
  const place = bytes.indexOf(known)
  expect(place).toBeGreaterThan(0)
  bytes.write(
    known.replaceAll(/./g, (digit) => (digit === '0' ? '1' : '0')),
    place,
  )
  return bytes
}

describe('a backend that is demanded', () => {
  test('native, without an addon: an error with the cause and the cure', async () => {
    const { code, output } = await train(join(folder, 'none.node'), { NETWRIGHT_BACKEND: 'native' })
    expect(code).toBe(1)
    for (const text of ['ERR_BACKEND', 'none.node', 'no such file', 'NETWRIGHT_ADDON names it'])
      expect(output).toContain(text)
  })

  test.each(['wasm', 'reference'])('%s, without an addon: no notice', async (backend) => {
    const { code, output } = await train(join(folder, 'none.node'), { NETWRIGHT_BACKEND: backend })
    // A clone may lack the WebAssembly module, which takes clang to build.
    const isThere = backend === 'reference' || !(tryModule() instanceof Error)
    if (isThere) expect([code, output]).toEqual([0, `${backend}\n`])
    else expect([code, output]).toEqual([1, expect.stringMatching(/npm run build:wasm.*ERR_BACKEND/s)])
  })

  test('unknown: an error that lists them', async () => {
    const { code, output } = await train(addonPath(), { NETWRIGHT_BACKEND: 'cuda' })
    expect(code).toBe(1)
    expect(output).toContain(`NETWRIGHT_BACKEND is "cuda", expected 'native', 'wasm' or 'reference'`)
  })

  test('an instruction set that the CPU lacks: an error that lists those it has', async () => {
    const { code, output } = await train(addonPath(), { NETWRIGHT_ISA: process.arch === 'x64' ? 'neon' : 'avx512' })
    expect(code).toBe(1)
    expect(output).toMatch(/NETWRIGHT_ISA is "\w+", this CPU has \w+/)
  })
})
