// NumPy's files: what a reader must take, and what it must refuse before it allocates. Files of NumPy itself:
// test/interop.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Dataset, readNpy, readNpz } from '../../src/index.js'
import { failureOf } from '../failure.js'
import { npyBytes, type ZipFile, zipBytes } from './npy-bytes.js'

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-npy-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(bytes: Uint8Array): string {
  const path = join(folder, `file-${count++}`)
  writeFileSync(path, bytes)
  return path
}

/** What is said of a file that must be refused, without allocating anything for it. */
async function refusal(bytes: Uint8Array, read: (path: string) => Promise<unknown> = readNpy): Promise<string> {
  const path = write(bytes)
  const shared = vi.spyOn(globalThis, 'SharedArrayBuffer')
  try {
    const { code, message } = await failureOf(() => read(path))
    expect(code).toBe('ERR_DATA')
    expect(message.startsWith(`${path}: `)).toBe(true)
    return `${message.slice(path.length + 2)}${shared.mock.calls.length > 0 ? ' [allocated]' : ''}`
  } finally {
    shared.mockRestore()
  }
}

describe('readNpy', () => {
  const types = [
    ['f8', 'float64', [0, -1.5, 1e300]],
    ['f4', 'float32', [0, -1.5, 2 ** 100]],
    ['i8', 'float64', [0, -(2 ** 53 - 1), 7]],
    ['u8', 'float64', [0, 2 ** 53 - 1, 7]],
    ['i4', 'int32', [0, -(2 ** 31), 2 ** 31 - 1]],
    ['u4', 'float64', [0, 2 ** 32 - 1, 7]],
    ['i2', 'int32', [0, -32768, 32767]],
    ['u2', 'int32', [0, 65535, 7]],
  ] as const
  test.each(types)('reads %s as %s, of either byte order', async (type, element, values) => {
    for (const order of '<>') {
      const tensor = await readNpy(write(npyBytes({ descr: `${order}${type}`, shape: [3] }, values)))
      expect([tensor.element, tensor.shape, [...tensor.data]]).toEqual([element, [3], [...values]])
    }
  })

  test.each([
    ['i1', 'int32', [0, -128, 127]],
    ['u1', 'uint8', [0, 255, 7]],
    ['b1', 'uint8', [0, 1, 1]],
  ] as const)('reads %s, one byte each, as %s', async (type, element, values) => {
    const tensor = await readNpy(write(npyBytes({ descr: `|${type}`, shape: [3] }, values)))
    expect([tensor.element, [...tensor.data]]).toEqual([element, [...values]])
  })

  test('reads f2: zeros, subnormals, the largest, infinity and NaN', async () => {
    const bits = [0x0000, 0x8000, 0x0001, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0x7e00]
    for (const order of '<>') {
      const { element, data } = await readNpy(write(npyBytes({ descr: `${order}f2`, shape: [8] }, bits)))
      expect([element, ...data]).toEqual([
        'float32',
        0,
        -0,
        2 ** -24,
        1,
        -2,
        65504,
        Number.POSITIVE_INFINITY,
        Number.NaN,
      ])
    }
  })

  test('reads Fortran order, any rank, no elements, and the versions 2 and 3', async () => {
    const values = [0, 3, 1, 4, 2, 5]
    for (const descr of ['<f4', '<i8', '|u1']) {
      const tensor = await readNpy(write(npyBytes({ descr, shape: [2, 3], fortran: true }, values)))
      expect(tensor.toArray()).toEqual([
        [0, 1, 2],
        [3, 4, 5],
      ])
    }
    const cube = await readNpy(write(npyBytes({ descr: '<i4', shape: [2, 1, 2], fortran: true }, [1, 3, 2, 4])))
    expect(cube.toArray()).toEqual([[[1, 2]], [[3, 4]]])
    expect((await readNpy(write(npyBytes({ descr: '<f8', shape: [] }, [7])))).toArray()).toBe(7)
    expect((await readNpy(write(npyBytes({ descr: '<f8', shape: [3, 0] }, [])))).shape).toEqual([3, 0])
    for (const version of [2, 3]) {
      const tensor = await readNpy(write(npyBytes({ descr: '<f4', shape: [2], version }, [1, 2])))
      expect([...tensor.data]).toEqual([1, 2])
    }
  })

  test('its tensors are what a data set takes without a copy', async () => {
    const x = await readNpy(write(npyBytes({ descr: '<f4', shape: [2, 3] }, [0, 1, 2, 3, 4, 5])))
    const y = await readNpy(write(npyBytes({ descr: '<i8', shape: [2] }, [1, 0])))
    const data = new Dataset(x, y)
    expect([data.x.data, data.targets, [...data.y.data]]).toEqual([x.data, 'labels', [1, 0]])
    expect(data.x.data.buffer).toBe(x.data.buffer)
  })

  const good = { descr: '<f4', shape: [2] } as const
  const headers: readonly (readonly [header: string, problem: RegExp])[] = [
    ["{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", /elements of type '\|O', which is of Python objects/],
    [
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
      /elements of type \[\('a', '<f4'\)\]; expected f8/,
    ],
    ["{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }", /elements of type '<U5'/],
    ["{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", /elements of type '<c8'/],
    ["{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }", /elements of type '\|f4'/],
    ["{'descr': '<toString0', 'fortran_order': False, 'shape': (1,), }", /elements of type/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", /the header is .*expected a dictionary/],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", /the header is .*expected a dictionary/],
    ["{'descr': '<f4', 'fortran_order': False}", /the header is .*expected a dictionary/],
    ['__import__("os").system("true")', /the header is .*expected a dictionary/],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      /takes 73786976294838210000 bytes/,
    ],
    [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      /at most 64 axes of whole numbers/,
    ],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (0, ${'9'.repeat(400)}), }`, /at most 64 axes of whole/],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (${'1, '.repeat(65)}), }`, /at most 64 axes/],
    ["{'descr': '<i2', 'fortran_order': False, 'shape': (800000000,), }", /takes 3200000000 bytes, expected at most/],
  ]
  test.each(headers)('refuses the header %s', async (header, problem) => {
    const said = await refusal(npyBytes({ ...good, header }, [1, 2]))
    expect(said).toMatch(problem)
    expect(said).not.toContain('[allocated]')
  })

  test('refuses what is truncated, oversized or no NumPy file', async () => {
    const bytes = npyBytes(good, [1, 2])
    expect(await refusal(bytes.subarray(0, -1))).toBe(
      'the header announces shape (2,): expected 136 bytes, got 135: truncated',
    )
    expect(await refusal(Buffer.concat([bytes, Buffer.alloc(3)]))).toMatch(/expected 136 bytes, got 139: oversized$/)
    expect(await refusal(bytes.subarray(0, 60))).toBe('the header has 118 bytes, the file 60: truncated or damaged')
    expect(await refusal(bytes.subarray(0, 8))).toMatch(/^is no NumPy file/)
    expect(await refusal(Buffer.alloc(0))).toBe('is no NumPy file (.npy): it is empty')
    expect(await refusal(Buffer.from('x,y\n1,2\n,,,,,'))).toMatch(/does not begin with/)
    for (const version of [0, 4, 255]) {
      expect(await refusal(npyBytes({ ...good, version }, [1, 2]))).toBe(
        `format version ${version}, expected 1, 2 or 3`,
      )
    }
    const huge = npyBytes({ ...good, version: 2 }, [1, 2])
    huge.writeUInt32LE(0xffffffff, 8)
    expect(await refusal(huge)).toMatch(/^the header has 4294967295 bytes/)
    expect(await refusal(huge.subarray(0, 11))).toMatch(/the file 11|the header is/)
  })

  test('refuses whole numbers that no double holds, a missing file, a folder, and more than maxBytes', async () => {
    const said = await refusal(npyBytes({ descr: '<i8', shape: [2] }, [1, 2 ** 60]))
    expect(said).toMatch(/^element 1 is 1152921504606846976, beyond/)
    const missing = await failureOf(() => readNpy(join(folder, 'none.npy')))
    expect([missing.code, missing.message]).toEqual([
      'ERR_DATA',
      `${join(folder, 'none.npy')}: cannot be read (no such file or folder); expected a NumPy file (.npy)`,
    ])
    expect((await failureOf(() => readNpy(folder))).message).toContain('not a regular file')
    const read = (path: string) => readNpy(path, { maxBytes: 7 })
    expect(await refusal(npyBytes(good, [1, 2]), read)).toBe(
      'shape (2,) takes 8 bytes, expected at most 7; maxBytes allows more',
    )
    await expect(readNpy(write(npyBytes(good, [1, 2])), { maxBytes: 8 })).resolves.toBeDefined()
    expect((await failureOf(() => readNpy('x.npy', { limit: 3 } as never))).code).toBe('ERR_ARGUMENT')
    expect((await failureOf(() => readNpy('x.npy', { maxBytes: 0 }))).code).toBe('ERR_ARGUMENT')
    expect((await failureOf(() => readNpy(3 as never))).code).toBe('ERR_ARGUMENT')
  })
})

describe('readNpz', () => {
  const x = { name: 'x.npy', data: npyBytes({ descr: '<f4', shape: [2] }, [1, 2]) }
  const y = { name: 'labels/y.npy', data: npyBytes({ descr: '<i8', shape: [1] }, [3]), deflate: true }
  const said = (...files: readonly ZipFile[]) => refusal(zipBytes(files), readNpz)

  test('reads stored and packed arrays by name, leaves others out, and takes a comment', async () => {
    const note = { name: 'readme.txt', data: Buffer.from('hello') }
    const dir = { name: 'labels/', data: Buffer.alloc(0) }
    const arrays = await readNpz(write(zipBytes([x, dir, y, note], 'PK\x05\x06 and more')))
    expect(Object.keys(arrays)).toEqual(['x', 'labels/y'])
    expect([[...(arrays.x?.data ?? [])], [...(arrays['labels/y']?.data ?? [])]]).toEqual([[1, 2], [3]])
    const odd = await readNpz(write(zipBytes([{ ...x, name: '__proto__.npy' }])))
    expect(Object.keys(odd)).toEqual(['__proto__'])
  })

  test('refuses a damaged archive, and says of which array', async () => {
    expect(await said({ ...y, crc: 1 })).toBe('"labels/y" is damaged: its checksum is wrong')
    const flipped = zipBytes([x])
    flipped[130] = (flipped[130] as number) ^ 1
    expect(await refusal(flipped, readNpz)).toBe('"x" is damaged: its checksum is wrong')
    expect(await said({ ...y, size: 100 })).toBe('"labels/y" is damaged: it unpacks to more than 100 bytes')
    expect(await said({ ...y, size: 1000 })).toMatch(/^"labels\/y" is damaged: it unpacks to \d+ bytes, expected 1000$/)
    expect(await said({ ...x, size: 1000 })).toMatch(/^"x" is damaged: it unpacks to 136 bytes, expected 1000$/)
    expect(await said({ ...x, method: 8 })).toMatch(/^"x" is damaged: /)
    expect(await said({ ...x, method: 12 })).toBe('"x" is packed by method 12, expected 0 (stored) or 8 (deflate)')
    expect(await said({ ...x, flags: 1 })).toBe('"x" is encrypted')
    const twice = write(zipBytes([x, { ...y, name: 'x.npy' }]))
    expect((await failureOf(() => readNpz(twice))).message).toBe(`${twice}: "x" is there twice`)
    expect(await said({ name: 'x.npy', data: Buffer.from('no array, none') })).toMatch(/^"x": is no NumPy file/)
    expect(await said({ name: 'x.txt', data: Buffer.from('1') })).toMatch(/has no arrays/)
  })

  test('every truncation and every changed byte of the directory is an error, or changes nothing', async () => {
    const bytes = zipBytes([x])
    for (let length = 0; length < bytes.length; length++) {
      expect(await refusal(bytes.subarray(0, length), readNpz)).toMatch(/zip archive/)
    }
    for (let at = bytes.length - 73; at < bytes.length; at++) {
      const other = Buffer.from(bytes)
      other[at] = 0xff
      const result = await readNpz(write(other)).then(
        (arrays) => Object.values(arrays).map(({ data }) => [...data]),
        ({ code }) => code,
      )
      // Dates, versions and attributes do not count; the array may have another name.
      expect(['ERR_DATA', [[1, 2]]]).toContainEqual(result)
    }
  })

  test('a bomb is refused before it is unpacked', async () => {
    const zeros = { name: 'x.npy', data: Buffer.alloc(3_000_000), deflate: true }
    const read = (path: string) => readNpz(path, { maxBytes: 1_000_000 })
    expect(await refusal(zipBytes([zeros]), read)).toBe(
      '"x": 3000000 bytes, expected at most 1000000; maxBytes allows more',
    )
    // Small as announced, large as unpacked.
    expect(await refusal(zipBytes([{ ...zeros, size: 1000 }]), read)).toMatch(/unpacks to more than 1000 bytes/)
    // Many that fit one by one.
    const one = npyBytes({ descr: '|u1', shape: [600_000] }, new Array(600_000).fill(0))
    const many = ['a', 'b'].map((name) => ({ name: `${name}.npy`, data: one, deflate: true }))
    const path = write(zipBytes(many))
    const { message } = await failureOf(() => read(path))
    expect(message).toContain('"b": shape (600000,) takes 600000 bytes, expected at most 400000')
  })
})
