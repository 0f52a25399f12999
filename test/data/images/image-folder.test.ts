// Folders of small PNGs: what a data set is made of, and what is refused.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { imageFolder } from '../../../src/data/images/image-folder.js'
import { failureOf } from '../../failure.js'
import { jpegs } from './jpegs.js'
import { png } from './png-bytes.js'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netwright-folder-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function write(name: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), bytes)
}
const grey = (value: number, width = 2, height = 1) =>
  png(
    { width, height },
    Array.from({ length: height }, () => Array.from({ length: width }, (_, i) => value + i)),
  )
const colour = (value: number) => png({ width: 2, height: 1, colourType: 2 }, [[value, value, value, 0, 0, 255]])
const failing = async (...args: Parameters<typeof imageFolder>) => {
  const { code, message } = await failureOf(() => imageFolder(...args))
  return `${code} ${message.replaceAll(dir, 'DIR').replaceAll('\\', '/')}`
}

test('classes and files in order, labels, names, the source, progress', async () => {
  write('dog/b.png', grey(20))
  write('dog/a.PNG', grey(10))
  write('Zebra/1.png', grey(30))
  write('cat/2.png', grey(50))
  write('cat/10.png', grey(40))
  write('cat/.hidden.png', 'no image')
  write('cat/notes.txt', 'no image')
  write('.git/config', 'hidden')
  write('README.md', 'beside the classes')
  const progress: string[] = []
  const dataset = await imageFolder(dir, {
    onProgress: ({ done, total, file }) => progress.push(`${done}/${total} ${file.slice(dir.length + 1)}`),
  })
  expect(dataset.classNames).toEqual(['Zebra', 'cat', 'dog'])
  expect([dataset.x.shape, dataset.x.element, dataset.x.scale]).toEqual([[5, 1, 1, 2], 'uint8', 1 / 255])
  expect([...dataset.x.data]).toEqual([30, 31, 40, 41, 50, 51, 10, 11, 20, 21])
  expect([...dataset.y.data]).toEqual([0, 1, 1, 2, 2])
  expect(dataset.preprocessing?.source).toEqual({ kind: 'images', channels: 1, height: 1, width: 2, scale: 1 / 255 })
  expect(progress.map((line) => line.replaceAll('\\', '/'))).toEqual([
    '1/5 Zebra/1.png',
    '2/5 cat/10.png',
    '3/5 cat/2.png',
    '4/5 dog/a.PNG',
    '5/5 dog/b.png',
  ])
})

test('JPEGs and PNGs together, by content; stretched to a size, with channels', async () => {
  write('a/1.jpg', Buffer.from(jpegs.baseline?.file ?? '', 'base64'))
  write('a/2.jpeg', grey(7))
  write('b/3.png', colour(9))
  const dataset = await imageFolder(dir, { width: 4, height: 4, channels: 3 })
  expect(dataset.x.shape).toEqual([3, 3, 4, 4])
  expect([...dataset.x.data.subarray(48, 52)]).toEqual([7, 7, 8, 8])
  const small = await imageFolder(dir, { width: 1, height: 1, channels: 1 })
  expect([...small.x.data].slice(1)).toEqual([8, 19])
})

test('classes: which folders, and in which order; one alone if it is named', async () => {
  for (const [i, name] of ['a', 'b', 'c'].entries()) write(`${name}/1.png`, grey(10 * i))
  const dataset = await imageFolder(dir, { classes: ['c', 'a'] })
  expect([dataset.classNames, [...dataset.x.data], [...dataset.y.data]]).toEqual([
    ['c', 'a'],
    [20, 21, 0, 1],
    [0, 1],
  ])
  expect((await imageFolder(dir, { classes: ['b'] })).length).toBe(1)
  expect(await failing(dir, { classes: ['a', 'z'] })).toBe(
    'ERR_DATA DIR: has no folder for the class "z", it has a, b, c',
  )
})

test.skipIf(process.platform === 'win32')(
  'links are followed; one that leads back is an error, not a loop',
  async () => {
    write('a/1.png', grey(1))
    write('other/2.png', grey(2))
    mkdirSync(join(dir, 'set'))
    symlinkSync(join(dir, 'a'), join(dir, 'set/a'))
    mkdirSync(join(dir, 'set/b'))
    symlinkSync(join(dir, 'other/2.png'), join(dir, 'set/b/2.png'))
    expect([...(await imageFolder(join(dir, 'set'))).x.data]).toEqual([1, 2, 2, 3])
    symlinkSync(join(dir, 'set'), join(dir, 'set/b/back'))
    expect(await failing(join(dir, 'set'))).toContain('DIR/set/b: has the folder back, expected images only')
    rmSync(join(dir, 'set/b/back'))
    symlinkSync('round.png', join(dir, 'set/b/round.png'))
    expect(await failing(join(dir, 'set'))).toContain('ERR_DATA DIR/set/b: cannot be read (ELOOP')
  },
)

test('thousands of files leave the event loop its turns', async () => {
  for (const name of ['a', 'b']) for (let i = 0; i < 1000; i++) write(`${name}/${i}.png`, grey(i % 200))
  let turns = 0
  let latest = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    turns += 1
    longest = Math.max(longest, performance.now() - latest)
    latest = performance.now()
  }, 1)
  try {
    expect((await imageFolder(dir)).length).toBe(2000)
  } finally {
    clearInterval(timer)
  }
  expect(turns).toBeGreaterThan(3)
  expect(longest).toBeLessThan(500)
})

describe('refuses', () => {
  test('folders that are none, are empty, or have no classes', async () => {
    expect(await failing(join(dir, 'none'))).toContain('ERR_DATA DIR/none: cannot be read (no such file or folder)')
    expect(await failing(dir)).toBe(
      'ERR_DATA DIR: has no class folders; expected two or more folders of images, one for each class, such as DIR/cat/1.png',
    )
    write('1.png', grey(1))
    expect(await failing(join(dir, '1.png'))).toContain('DIR/1.png: cannot be read (not a folder); expected a folder')
    expect(await failing(dir)).toContain('has no class folders and 1 image beside them, such as 1.png')
    write('a/1.png', grey(1))
    expect(await failing(dir)).toContain('has only the class folder a')
    mkdirSync(join(dir, 'b'))
    expect(await failing(dir)).toBe('ERR_DATA DIR/b: has no image (.png, .jpg, .jpeg)')
    write('b/1.webp', 'other')
    expect(await failing(dir)).toContain('DIR/b: has no image (.png, .jpg, .jpeg), but 1 other file, such as 1.webp')
  })

  test('folders of training and of test images as classes', async () => {
    write('test/a/1.png', grey(1))
    write('train/a/1.png', grey(1))
    expect(await failing(dir)).toContain('DIR/test: has the folder a, expected images only; folders of training')
  })

  test('a file that is no image, or of another size or kind, by name; nothing is left unhandled', async () => {
    write('a/1.png', grey(1))
    write('b/1.png', grey(2))
    write('b/2.png', 'text')
    for (let i = 3; i < 9; i++) write(`b/${i}.png`, 'text')
    expect(await failing(dir)).toBe('ERR_DATA DIR/b/2.png: is no PNG or JPEG (it begins with 74 65 78 74)')
    write('b/2.png', grey(1, 3, 2))
    expect(await failing(dir)).toBe(
      'ERR_DATA DIR/b/2.png: is 3×2 pixels, but DIR/a/1.png is 2×1; give width and height, to which all images are stretched',
    )
    write('b/2.png', colour(3))
    expect(await failing(dir)).toBe(
      'ERR_DATA DIR/b/2.png: is in colour, but DIR/a/1.png is grey; give channels: 1 or channels: 3 for all',
    )
  })

  test('more than maxBytes, before any is decoded', async () => {
    write('a/1.png', grey(1))
    write('b/1.png', 'not read yet')
    expect(await failing(dir, { width: 100, height: 100, maxBytes: 19_999 })).toBe(
      'ERR_DATA DIR: 2 images of 1×100×100 bytes are 20000 bytes, expected at most 19999; give a smaller width and height; or give a greater maxBytes',
    )
  })

  test.each<[object, string]>([
    [{ classes: [] }, 'classes is [], expected a list of different texts'],
    [{ classes: ['a', 'a'] }, 'expected a list of different texts'],
    [{ extensions: 'png' }, 'extensions is "png"'],
    [{ maxBytes: 0 }, 'maxBytes is 0'],
    [{ height: 3 }, 'height is given without width'],
    [{ channels: 4 }, 'channels is 4, expected 1 or 3'],
    [{ onProgress: 1 }, 'onProgress is 1, expected a function'],
    [{ shuffle: true }, "unknown option 'shuffle'"],
  ])('%o', async (options, text) => {
    expect(await failing(dir, options)).toMatch(/^ERR_ARGUMENT imageFolder: /)
    expect(await failing(dir, options)).toContain(text)
  })
})
