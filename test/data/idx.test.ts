// Real files in a temporary folder: what a reader must take, and what it must refuse before it allocates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readIdx } from '../../src/data/idx.js'
import { failureOf } from '../failure.js'
import { idxBytes } from './idx-bytes.js'

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-idx-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(bytes: Uint8Array): string {
  const path = join(folder, `file-${count++}`)
  writeFileSync(path, bytes)
  return path
}

/** Reads a file that must be refused; checks that nothing was allocated for it. */
async function refusal(bytes: Uint8Array): Promise<string> {
  const path = write(bytes)
  const shared = vi.spyOn(globalThis, 'SharedArrayBuffer')
  try {
    const { code, message } = await failureOf(() => readIdx(path))
    expect(code).toBe('ERR_DATA')
    expect(message.startsWith(`${path}: `)).toBe(true)
    return `${message.slice(path.length + 2)}${shared.mock.calls.length > 0 ? ' [allocated]' : ''}`
  } finally {
    shared.mockRestore()
  }
}

const elements = [
  [8, 'uint8', [0, 1, 127, 128, 255]],
  [9, 'int32', [-128, -1, 0, 1, 127]],
  [11, 'int32', [-32768, -2, 0, 258, 32767]],
  [12, 'int32', [-2147483648, -2, 0, 16909060, 2147483647]],
  [13, 'float32', [-1.5, 0, Math.fround(0.1), 2 ** 100, Infinity]],
  [14, 'float64', [-1.5, 0, 0.1, 1e300, 5e-324]],
] as const

describe('readIdx reads', () => {
  for (const zipped of [false, true]) {
    const pack = (bytes: Uint8Array) => (zipped ? gzipSync(bytes) : bytes)
    const how = zipped ? 'gzipped' : 'plain'

    test.each(elements)(`element type %i, ${how}`, async (type, element, values) => {
      const t = await readIdx(write(pack(idxBytes(type, [5], values))))
      expect([t.element, t.shape, [...t.data]]).toEqual([element, [5], [...values]])
      expect(t.data.buffer).toBeInstanceOf(SharedArrayBuffer)
    })

    test(`any rank, ${how}`, async () => {
      expect((await readIdx(write(pack(idxBytes(8, [], [7]))))).toArray()).toBe(7)
      expect((await readIdx(write(pack(idxBytes(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]))))).toArray()).toEqual([
        [[1, 2, 3]],
        [[4, 5, 6]],
      ])
      const many = await readIdx(write(pack(idxBytes(12, new Array(40).fill(1), [5]))))
      expect([many.rank, many.data[0]]).toEqual([40, 5])
      expect((await readIdx(write(pack(idxBytes(8, [0, 28, 28], []))))).shape).toEqual([0, 28, 28])
    })

    test(`elements that fall across chunks, ${how}`, async () => {
      // The header is 8 bytes + 4 for the second axis, so 8-byte elements straddle every chunk edge.
      const values = Array.from({ length: 300_000 }, (_, i) => i * 1.1 - 5000)
      const t = await readIdx(write(pack(idxBytes(14, [3, 100_000], values))))
      expect(Buffer.compare(Buffer.from(t.data.buffer), Buffer.from(new Float64Array(values).buffer))).toBe(0)
    })
  }

  test('several gzip members one after the other', async () => {
    const bytes = idxBytes(8, [4], [1, 2, 3, 4])
    const path = write(Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))]))
    expect((await readIdx(path)).toArray()).toEqual([1, 2, 3, 4])
  })
})

describe('readIdx refuses, without allocating,', () => {
  const good = idxBytes(8, [2, 3], [1, 2, 3, 4, 5, 6])

  test('a wrong magic number', async () => {
    for (const magic of [
      [1, 0, 8, 1],
      [0, 1, 8, 1],
      [0, 0, 7, 1],
      [0, 0, 10, 1],
      [0, 0, 15, 1],
      [0, 0, 0, 0],
    ]) {
      const bytes = Uint8Array.from([...magic, 0, 0, 0, 1, 5])
      const hex = magic.map((byte) => `0${byte.toString(16)}`).join(' ')
      expect(await refusal(bytes)).toMatch(new RegExp(`^wrong magic number ${hex}; an IDX file starts with 00 00`))
      expect(await refusal(gzipSync(bytes))).toMatch(/^wrong magic number/)
    }
  })

  test('a web page in place of the file', async () => {
    expect(await refusal(Buffer.from('<!doctype html><html>'))).toMatch(/^wrong magic number 3c 21 64 6f/)
  })

  test('a file that ends within the header', async () => {
    for (const length of [0, 1, 4, 11]) {
      expect(await refusal(good.subarray(0, length))).toBe(
        `ends within the header, after ${length} bytes; expected an IDX file`,
      )
    }
  })

  test('truncated and oversized files', async () => {
    expect(await refusal(good.subarray(0, -1))).toBe(
      'header announces shape (2, 3) of unsigned byte elements: expected 18 bytes, got 17: truncated',
    )
    expect(await refusal(Buffer.concat([good, Buffer.alloc(2)]))).toBe(
      'header announces shape (2, 3) of unsigned byte elements: expected 18 bytes, got 20: oversized',
    )
  })

  test.each([
    [[4294967295, 4294967295, 4294967295], '7.922'],
    [[4294967295, 4294967295, 4294967295, 0], '0 bytes in memory'],
    [[2 ** 31 + 1], '2147483649 bytes in memory; expected at most 2147483648'],
    [new Array(255).fill(4294967295), 'Infinity bytes'],
  ])('absurd dimensions %j', async (shape, text) => {
    const bytes = idxBytes(8, shape, [])
    if (text === '0 bytes in memory') {
      // A zero among the axes makes an empty array, whatever the others are: nothing to allocate, nothing to refuse.
      expect((await readIdx(write(bytes))).size).toBe(0)
      return
    }
    for (const packed of [bytes, gzipSync(bytes)]) {
      const message = await refusal(packed)
      expect(message).toMatch(/^header announces shape/)
      expect(message).toContain(text)
      expect(message).not.toContain('[allocated]')
    }
  })

  test('dimensions whose product wraps around to the right size in 32 and in 64 bits', async () => {
    for (const shape of [
      [2 ** 16, 2 ** 16],
      [2 ** 31, 2 ** 31, 4],
    ]) {
      expect(await refusal(idxBytes(8, shape, []))).toMatch(/^header announces shape .* expected at most/)
    }
  })

  test('a small gzip that announces more than it can hold', async () => {
    expect(await refusal(gzipSync(idxBytes(8, [2 ** 30], [1, 2, 3])))).toMatch(
      /more than \d+ gzipped bytes can hold: truncated$/,
    )
  })

  test('a limit of the caller', async () => {
    const { message } = await failureOf(() => readIdx(write(good), { maxBytes: 5 }))
    expect(message).toContain('6 bytes in memory; expected at most 5')
    expect((await readIdx(write(good), { maxBytes: 6 })).size).toBe(6)
    // Shorts take four bytes in memory.
    expect((await failureOf(() => readIdx(write(idxBytes(11, [2], [1, 2])), { maxBytes: 7 }))).message).toContain(
      '8 bytes in memory',
    )
  })

  test('a missing file, a folder', async () => {
    expect((await failureOf(() => readIdx(join(folder, 'none')))).message).toBe(
      `${join(folder, 'none')}: no such file; expected an IDX file, plain or gzipped`,
    )
    expect((await failureOf(() => readIdx(folder))).message).toContain('not a regular file')
  })
})

describe('readIdx refuses gzip data that', () => {
  const good = idxBytes(
    8,
    [20_000],
    Array.from({ length: 20_000 }, (_, i) => (i * i) % 251),
  )

  test('inflate to too little or too much', async () => {
    expect(await refusal(gzipSync(good.subarray(0, -1)))).toMatch(/expected 20008 bytes, got 20007: truncated/)
    expect(await refusal(gzipSync(Buffer.concat([good, Buffer.alloc(1)])))).toMatch(/got at least 20009: oversized/)
  })

  test('inflate without end: it stops at the announced size', async () => {
    const bomb = gzipSync(Buffer.concat([idxBytes(8, [10], []), Buffer.alloc(50_000_000)]))
    const path = write(bomb)
    const { message } = await failureOf(() => readIdx(path))
    const read = Number(/got at least (\d+)/.exec(message)?.[1])
    expect(read).toBeLessThan(200_000)
  })

  test('are cut or damaged', async () => {
    const zipped = gzipSync(good)
    expect(await refusal(zipped.subarray(0, zipped.length - 20))).toMatch(
      /^damaged gzip data \(unexpected end of file\)/,
    )
    const flipped = Uint8Array.from(zipped)
    flipped[flipped.length - 5] = (flipped[flipped.length - 5] as number) ^ 1
    expect(await refusal(flipped)).toMatch(/^damaged gzip data/)
    expect(await refusal(zipped.subarray(0, 5))).toMatch(/^damaged gzip data/)
  })
})

test('random bytes after a gzip or IDX start never do worse than an ERR_DATA', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom([0, 0, 8], [0, 0, 13], [0x1f, 0x8b, 8]),
      fc.uint8Array({ maxLength: 64 }),
      async (start, rest) => {
        const path = write(Uint8Array.from([...start, ...rest]))
        await readIdx(path).catch((error: { code?: string }) => expect(error.code).toBe('ERR_DATA'))
      },
    ),
    { numRuns: 50 },
  )
})
