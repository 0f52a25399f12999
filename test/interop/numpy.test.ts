// NumPy's own files: every type, byte order, layout and format version that it writes, with its own values.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readNpy, readNpz } from '../../src/index.js'
import { failureOf } from '../failure.js'
import { fromPython } from './python.js'

interface Expected {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

let folder: string
let expected: Readonly<Record<string, Expected>>
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-numpy-'))
  expected = fromPython('write_numpy.py', [folder]) as Record<string, Expected>
})
afterAll(() => rmSync(folder, { recursive: true }))

test('every array that NumPy saves is read to the same numbers', async () => {
  expect(Object.keys(expected).length).toBe(12 * 2 * 3 + 3 + 1 + 3)
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const tensor = await readNpy(join(folder, name))
    expect([name, tensor.shape, [...tensor.data]]).toEqual([name, shape, values])
  }
})

test.each(['stored.npz', 'packed.npz'])('%s is read by name', async (name) => {
  const { x, y } = await readNpz(join(folder, name))
  expect([x?.toArray(), y?.toArray()]).toEqual([
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
    [1, 0],
  ])
})

test.each(['objects', 'texts', 'complex', 'records'])('arrays of %s are refused', async (kind) => {
  const { code, message } = await failureOf(() => readNpy(join(folder, `${kind}.npy`)))
  expect([code, message]).toEqual(['ERR_DATA', expect.stringMatching(/: elements of type /)])
})
