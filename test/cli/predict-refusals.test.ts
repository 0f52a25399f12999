// `netwright predict`, built: what it refuses to answer, and what it says then.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Flatten, Linear, reference, Sequential } from '../../src/index.js'
import { idxBytes } from '../data/idx-bytes.js'
import { npyBytes, zipBytes } from '../data/npy-bytes.js'
import { netwright } from './netwright.js'

let folder: string
let rows: string
let images: string
const inFolder = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-refusals-'))
  rows = inFolder('rows.safetensors')
  images = inFolder('images.safetensors')
  const model = new Sequential([new Linear(2, 3)], { backend: reference() })
  model.params[0]?.data.fill(2)
  await model.save(rows)
  const ofImages = new Sequential([new Flatten(), new Linear(3 * 64 * 64, 2)], {
    backend: reference(),
    inputShape: [3, 64, 64],
  })
  await ofImages.save(images)
  const bad = [1, 2, Number.NaN, 0, 3, Number.NEGATIVE_INFINITY, 4, 5]
  writeFileSync(inFolder('bad.npy'), npyBytes({ descr: '<f4', shape: [4, 2] }, bad))
  writeFileSync(inFolder('large.npy'), npyBytes({ descr: '<f4', shape: [2, 2] }, [3e38, 3e38, 1, 2]))
  writeFileSync(inFolder('rows.csv'), 'a,b\n1,2\n')
  writeFileSync(inFolder('table.csv'), 'a,b,y\n1,2,x\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const predictFrom = (input: string | Uint8Array, ...args: readonly string[]) =>
  netwright(['predict', ...args], undefined, { cwd: folder, input })
const predict = (...args: readonly string[]) => predictFrom('', ...args)
const refused = async (code: number, ...args: readonly string[]): Promise<string> => {
  const run = await predict(...args)
  expect([run.code, run.stdout, run.stderr.split('\n').length]).toEqual([code, '', 2])
  return run.stderr
}

describe('numbers that are not finite', () => {
  test('in a sample: file, sample and element are named', async () => {
    expect(await refused(1, rows, 'bad.npy')).toBe(
      'error: bad.npy: sample 1 has NaN at element 0, expected finite numbers\n',
    )
    writeFileSync(
      inFolder('bad.npz'),
      zipBytes([{ name: 'x.npy', data: npyBytes({ descr: '<f8', shape: [2] }, [1, Number.NaN]) }]),
    )
    expect(await refused(1, rows, 'bad.npz')).toBe(
      'error: bad.npz: sample 0 has NaN at element 1, expected finite numbers\n',
    )
  })

  test('with --skip-errors only such samples are left out', async () => {
    const { code, stdout, stderr } = await predict(rows, 'bad.npy', '--skip-errors', '--json')
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([code, found.map(({ index }) => index)]).toEqual([0, [0, 3]])
    expect(stderr).toBe(
      'left out: bad.npy: sample 1 has NaN at element 0, expected finite numbers\n' +
        'left out: bad.npy: sample 2 has -Infinity at element 1, expected finite numbers\n' +
        '2 predicted, 2 left out\n',
    )
    const all = await predict(rows, 'bad.npy', '--json', '--batch-size', '1', '--skip-errors')
    expect([all.stdout, all.stderr]).toEqual([stdout, stderr])
  })

  test('in what the model answers to finite numbers', async () => {
    expect(await refused(1, rows, 'large.npy')).toMatch(
      /^error: large\.npy: sample 0: output \d of the model is (NaN|-?Infinity), expected finite numbers; its weights/,
    )
    const { code, stdout, stderr } = await predict(rows, 'large.npy', '--skip-errors', '--csv')
    expect([code, stdout.split('\n').length]).toEqual([0, 3])
    expect(stderr).toMatch(/^left out: large\.npy: sample 0: output .*\n1 predicted, 1 left out\n$/)
  })
})

describe('words that say nothing', () => {
  test.each([
    ['--key goes with a .npz file, and none of the inputs is one', [], ['rows.csv', '--key', 'x']],
    ['--no-header goes with a CSV file', [], ['bad.npy', '--no-header']],
    ['--delimiter goes with a CSV file', [], ['bad.npy', '--delimiter', ';']],
    ['--top goes with classes, and rows.safetensors answers', ['--task', 'regress'], ['rows.csv', '--top', '2']],
    ['--json does not go with --out x.csv, whose name says csv', [], ['rows.csv', '--json', '--out', 'x.csv']],
    ['--csv does not go with --out x.jsonl', [], ['rows.csv', '--csv', '--out', 'x.jsonl']],
    ['--out x.json: predictions are a line of JSON each', [], ['rows.csv', '--out', 'x.json']],
  ])('%s', async (text, before, args) => {
    expect(await refused(2, ...before, 'rows.safetensors', ...args)).toContain(text)
    expect(readdirSync(folder)).not.toContain(args.at(-1))
  })

  test('are said where they say something', async () => {
    const { code } = await predict(rows, 'rows.csv', 'bad.npz', '--key', 'x', '--skip-errors')
    expect(code).toBe(0)
    const both = await predictFrom('1,2\n', rows, '-', '--no-header', '--csv', '--top', '1')
    expect([both.code, both.stdout]).toEqual([0, expect.stringMatching(/^file,index,class,.*\nstdin,0,\d,/)])
  })

  test('one class alone has no next one', async () => {
    const { stdout } = await predict(rows, 'rows.csv', '--top', '1')
    expect(stdout).toMatch(/^sample +class +probability\nrows\.csv\[0\] +\d +[01]\.\d{4}\n$/)
  })
})

test('--skip-errors with nothing that can be read fails, and writes no file', async () => {
  const { code, stdout, stderr } = await predict(rows, 'table.csv', '--skip-errors', '--out', 'none.csv')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^left out: table\.csv: .*\nerror: nothing could be predicted, 1 left out\n$/)
  expect(readdirSync(folder)).not.toContain('none.csv')
  writeFileSync(inFolder('one.npy'), npyBytes({ descr: '<f4', shape: [2] }, [3e38, 3e38]))
  const overflow = await predict(rows, 'one.npy', '--skip-errors')
  expect([overflow.code, overflow.stdout]).toEqual([1, ''])
})

test('binary data on standard input are no CSV', async () => {
  const { code, stdout, stderr } = await predictFrom(idxBytes(8, [1, 2], Uint8Array.of(1, 2)), rows, '-')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toBe('error: stdin: is no CSV file: it has binary data\n')
})

test('a table is no input of a model of images', async () => {
  expect(await refused(1, images, 'table.csv')).toBe(
    'error: table.csv: has samples of shape (3,), the model takes images of 3×64×64 (channels, height, width)\n',
  )
})
