// The library's errors, as the command line says them: with its own flags, and without options that it does not have.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { inFlags } from '../../src/cli/in-flags.js'
import { fashionMnist, imageFolder, readCsv, readImage, readNpy } from '../../src/index.js'
import { npyBytes } from '../data/npy-bytes.js'
import { writePng } from './files.js'

let folder: string
const inFolder = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-flags-'))
  await writePng(inFolder('pets/cat/a.png'), new Uint8Array(16), 4)
  await writePng(inFolder('pets/dog/b.png'), new Uint8Array(25), 5)
  mkdirSync(inFolder('parts/a/inside'), { recursive: true })
  mkdirSync(inFolder('parts/b'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function said(work: () => Promise<unknown>): Promise<string> {
  const error = await work().catch((error: unknown) => error)
  return inFlags(error as Error).replaceAll(folder, 'DIR')
}
const csv = (text: string, options: object = {}) => {
  writeFileSync(inFolder('x.csv'), text)
  return () => readCsv(inFolder('x.csv'), { target: 'y', categorical: true, ...options })
}
const names = Array.from({ length: 1001 }, (_, i) => `t${i},0`).join('\n')

test.each([
  ['DIR/x.csv: line 3: column "a" has "b", expected a number', 'a,y\n1,0\nb,1\n', {}],
  [`as line 3 has 0.5; for names of classes, --task 'classify'`, 'a,y\n1,low\n1,0.5\n', {}],
  [`may name classes or be values; say which: --task 'classify' or --task 'regress'`, 'a,y\n1,3\n2,7\n', {}],
  [`; when training data are read, --missing 'mean', 'drop' or a number says what to do`, 'a,y\n,1\n2,0\n', {}],
  [`expected one without; fill them: --missing 'mean' or a number`, 'a,y\n,1\n', { missing: 'drop' }],
  [`is empty, expected a value; --missing 'drop' leaves such rows out`, 'a,y\n1,\n2,x\n', {}],
  ['the header has only numbers; for a file without one, --no-header', '1,2\n', {}],
  ['the header is one column, "a;y"; set --delimiter ";"', 'a;y\n', {}],
  ['more than 1000 different texts, too many for categories; leave it out of the file', `a,y\n${names}\n`, {}],
  ['--target is "y", but DIR/x.csv has the columns "a", "b".', 'a,b\n1,2\n', {}],
  ['--delimiter is', 'a,y\n1,2\n', { delimiter: '"' }],
  ['DIR/x.csv has no other column than the target, expected at least one feature', 'y\n1\n', {}],
])('of a table: %s', async (expected, text, options) => {
  const message = await said(csv(text, options))
  expect(message).toContain(expected)
  expect(message).not.toMatch(/categorical|missingValues|features lists|readCsv/)
})

test('of images', async () => {
  expect(await said(() => readImage(inFolder('pets/dog/b.png'), { maxPixels: 20 }))).toMatch(
    /pixels, expected at most 20; make it smaller$/,
  )
  expect(await said(() => imageFolder(inFolder('pets')))).toMatch(
    /give --image-size WIDTHxHEIGHT, to which all images are stretched$/,
  )
  expect(await said(() => imageFolder(inFolder('pets'), { maxBytes: 3 }))).toMatch(
    /expected at most 3; give a smaller --image-size WIDTHxHEIGHT$/,
  )
  expect(await said(() => imageFolder(inFolder('parts')))).toContain('--dataset "DIR/parts/a" reads this one')
})

test('of arrays', async () => {
  writeFileSync(inFolder('x.npy'), npyBytes({ descr: '<f4', shape: [3, 4] }, Array(12).fill(0)))
  expect(await said(() => readNpy(inFolder('x.npy'), { maxBytes: 40 }))).toBe(
    'DIR/x.npy: shape (3, 4) takes 48 bytes, expected at most 40',
  )
})

test('of data sets that can be downloaded', async () => {
  vi.stubEnv('NETWRIGHT_CACHE', inFolder('cache'))
  vi.stubEnv('NETWRIGHT_DATA', '')
  expect(await said(() => fashionMnist({ dir: folder }))).toMatch(
    /^Fashion-MNIST not found\. .*; get the files with --download; or give another --data DIR$/,
  )
})
