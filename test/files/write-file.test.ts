// Atomic writing: the old file or the new one, whole, and nothing else in the folder.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeFileAtomically } from '../../src/files/write-file.js'
import { failureOf } from '../failure.js'

const windows = process.platform === 'win32'
/** Permissions do not stop root. */
const root = process.getuid?.() === 0

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-write-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const contents = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

test('writes a new file, and replaces an old one', async () => {
  const path = join(folder, 'm')
  await writeFileAtomically(path, [bytes('first, '), bytes(''), bytes('longer')])
  expect(contents()).toEqual({ m: 'first, longer' })
  await writeFileAtomically(path, [bytes('second')])
  expect(contents()).toEqual({ m: 'second' })
})

test('a failure in the middle leaves the old file alone', async () => {
  const path = join(folder, 'm')
  await writeFileAtomically(path, [bytes('old')])
  function* parts(): Iterable<Uint8Array> {
    yield bytes('new, but only ha')
    expect(readdirSync(folder)).toHaveLength(2)
    throw new Error('no space left on device')
  }
  expect(await failureOf(() => writeFileAtomically(path, parts()))).toEqual({
    code: 'ERR_FILE',
    message: `${path}: cannot be written (no space left on device)`,
  })
  expect(contents()).toEqual({ m: 'old' })
})

test('a folder in place of the file, with something in it', async () => {
  const path = join(folder, 'm')
  mkdirSync(path)
  writeFileSync(join(path, 'inner'), 'kept')
  const { code, message } = await failureOf(() => writeFileAtomically(path, [bytes('new')]))
  expect([code, message]).toEqual(['ERR_FILE', `${path}: cannot be written (it is no regular file)`])
  expect(readdirSync(folder)).toEqual(['m'])
  expect(readFileSync(join(path, 'inner'), 'utf8')).toBe('kept')
})

test('a folder that is not there', async () => {
  const path = join(folder, 'nowhere', 'm')
  const { code, message } = await failureOf(() => writeFileAtomically(path, [bytes('new')]))
  expect([code, message]).toEqual(['ERR_FILE', `${path}: cannot be written (no such file or folder)`])
  expect(readdirSync(folder)).toEqual([])
})

test.skipIf(windows || root)('a folder, and a file, that may not be written', async () => {
  const path = join(folder, 'm')
  await writeFileAtomically(path, [bytes('old')])
  chmodSync(path, 0o444)
  expect((await failureOf(() => writeFileAtomically(path, [bytes('new')]))).message).toContain('EACCES')
  chmodSync(path, 0o644)
  chmodSync(folder, 0o500)
  expect((await failureOf(() => writeFileAtomically(path, [bytes('new')]))).message).toContain('EACCES')
  chmodSync(folder, 0o700)
  expect(contents()).toEqual({ m: 'old' })
})

test.skipIf(windows)('permissions are kept, and links followed', async () => {
  const path = join(folder, 'm')
  await writeFileAtomically(path, [bytes('old')])
  chmodSync(path, 0o600)
  symlinkSync('m', join(folder, 'link'))
  await writeFileAtomically(join(folder, 'link'), [bytes('new')])
  expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true)
  expect(contents()).toEqual({ m: 'new', link: 'new' })
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('two at the same time: one of them, whole', async () => {
  const path = join(folder, 'm')
  const texts = ['a'.repeat(1e5), 'b'.repeat(2e5)]
  await Promise.all(texts.map((text) => writeFileAtomically(path, [bytes(text)])))
  expect(readdirSync(folder)).toEqual(['m'])
  expect(texts).toContain(readFileSync(path, 'utf8'))
})

test('a process that is killed while it writes leaves a whole file', async () => {
  const path = join(folder, 'm')
  const size = 4e6
  await writeFileAtomically(path, [new Uint8Array(size)])
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('write-child.ts', import.meta.url)), path, String(size)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    // The child tells of each file that it has written; it is killed somewhere in the one after the third.
    let written = 0
    for await (const chunk of child.stdout) {
      written += (chunk as Buffer).length
      if (written >= 3) break
    }
  } finally {
    child.kill('SIGKILL')
  }
  const result = readFileSync(path)
  expect(result.length).toBe(size)
  expect(result.every((byte) => byte === result[0])).toBe(true)
  expect(result[0]).toBeGreaterThanOrEqual(3)
})
