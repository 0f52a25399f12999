// The built command line never writes over what it reads, nor over another of its own files.
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { housesCsv, writePng } from './files.js'
import { netwright } from './netwright.js'

let folder: string
const inFolder = (name: string) => join(folder, name)
const train = (...args: readonly string[]) =>
  netwright(['train', '--verbose', '0', '--epochs', '1', '--target', 'size', ...args])

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-output-'))
  writeFileSync(inFolder('k.csv'), housesCsv(60, ['size', 'city']))
  writeFileSync(inFolder('net.json'), '{ "input": [3], "layers": [{ "type": "Linear", "outFeatures": 2 }] }')
  mkdirSync(inFolder('other'))
  if (process.platform !== 'win32') symlinkSync(folder, inFolder('link'))
  linkSync(inFolder('k.csv'), inFolder('same.csv'))
  await writePng(inFolder('photos/a.png'), new Uint8Array(16), 4)
  const run = await train('--dataset', inFolder('k.csv'), '--save', inFolder('m.safetensors'))
  expect([run.code, run.stderr]).toEqual([0, ''])
}, 30_000)
afterAll(() => rmSync(folder, { recursive: true }))

const link = process.platform === 'win32' ? '.' : 'link'
const training = ['train', '--target', 'size', '--dataset', 'k.csv']
const overwrites: readonly (readonly [text: string, args: readonly string[]])[] = [
  ['--out k.csv would overwrite the input k.csv', ['predict', 'm.safetensors', 'k.csv', '--out', 'k.csv']],
  ['--out m.safetensors would overwrite the model m', ['predict', 'm.safetensors', 'k.csv', '--out', 'm.safetensors']],
  ['would overwrite the input k.csv', ['predict', 'm.safetensors', 'k.csv', '--out', `${link}/k.csv`]],
  ['would overwrite the input same.csv', ['predict', 'm.safetensors', 'same.csv', '--out', 'k.csv']],
  ['would overwrite the input photos', ['predict', 'm.safetensors', 'photos', '--out', 'photos/a.png']],
  ...['--save', '--csv', '--report', '--checkpoint'].map(
    (option) => [`${option} k.csv would overwrite --dataset k.csv`, [...training, option, 'k.csv']] as const,
  ),
  ['--save net.json would overwrite --model net.json', [...training, '--model', 'net.json', '--save', 'net.json']],
  ['--report net.json would overwrite --model', [...training, '--model', 'net.json', '--report', 'net.json']],
  ['--csv m.safetensors would overwrite --model', [...training, '--model', 'm.safetensors', '--csv', 'm.safetensors']],
  ['--report a.bin would overwrite what --save a.bin', [...training, '--save', 'a.bin', '--report', 'a.bin']],
  ['--csv other/../a.bin would', [...training, '--save', `${link}/a.bin`, '--csv', 'other/../a.bin']],
  ['--checkpoint net.json would overwrite a file that is no checkpoint', [...training, '--checkpoint', 'net.json']],
  ['--checkpoint m.safetensors would overwrite a file', [...training, '--checkpoint', 'm.safetensors']],
  ['--svg net.json would overwrite the model net.json', ['summary', 'net.json', '--svg', 'net.json']],
]

test.each(overwrites)('%s', async (text, args) => {
  const before = ['k.csv', 'm.safetensors', 'net.json', 'photos/a.png'].map((name) => readFileSync(inFolder(name)))
  const { code, stdout, stderr } = await netwright(args, undefined, { cwd: folder })
  expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
  expect(stderr).toContain(text)
  expect(['k.csv', 'm.safetensors', 'net.json', 'photos/a.png'].map((name) => readFileSync(inFolder(name)))).toEqual(
    before,
  )
})

test('a saved model may become what training makes of it, a checkpoint a new one', async () => {
  const data = ['--dataset', inFolder('k.csv')]
  const own = await train(...data, '--model', inFolder('m.safetensors'), '--save', inFolder('m.safetensors'))
  expect([own.code, own.stderr]).toEqual([0, ''])
  writeFileSync(inFolder('run.safetensors'), '')
  for (const options of [[], [], ['--resume']]) {
    const run = await train(...data, '--checkpoint', inFolder('run.safetensors'), ...options)
    expect([run.code, run.stderr]).toEqual([0, ''])
  }
}, 30_000)
