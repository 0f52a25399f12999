// The file format: what is read exactly, what is written to the byte, and what must be refused before it costs memory.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readHeader, readSafetensors, type Source, writeSafetensors } from '../../src/io/safetensors.js'
import { Tensor, type TensorData } from '../../src/tensor/tensor.js'
import { failureOf } from '../failure.js'
import { floats, safetensorsBytes } from './safetensors-bytes.js'

let folder: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netwright-safetensors-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(bytes: Uint8Array): string {
  const path = join(folder, `file-${count++}`)
  writeFileSync(path, bytes)
  return path
}

/** A file in memory that counts the bytes that are asked for. */
function sourceOf(bytes: Uint8Array): Source & { asked: number } {
  return {
    path: 'memory',
    size: bytes.length,
    asked: 0,
    read(into, position) {
      this.asked += into.length
      into.set(bytes.subarray(position, position + into.length))
      return Promise.resolve()
    },
  }
}

const one = (dtype: string, shape: readonly number[], data: ArrayLike<number>): Uint8Array =>
  safetensorsBytes({ a: { dtype, shape, data_offsets: [0, data.length] } }, data)
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer)

describe('reads', () => {
  const dtypes: readonly (readonly [string, ArrayBufferView, TensorData])[] = [
    ['F32', Float32Array.of(-1.5, Math.fround(0.1), Infinity), Float32Array.of(-1.5, Math.fround(0.1), Infinity)],
    ['F64', Float64Array.of(-1.5, 0.1, 5e-324), Float64Array.of(-1.5, 0.1, 5e-324)],
    ['I32', Int32Array.of(-(2 ** 31), 7), Int32Array.of(-(2 ** 31), 7)],
    ['U8', Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ['BOOL', Uint8Array.of(0, 1), Uint8Array.of(0, 1)],
    ['I8', Int8Array.of(-128, 127), Int32Array.of(-128, 127)],
    ['I16', Int16Array.of(-32768, 32767), Int32Array.of(-32768, 32767)],
    ['U16', Uint16Array.of(65535), Int32Array.of(65535)],
    ['U32', Uint32Array.of(2 ** 32 - 1), Float64Array.of(2 ** 32 - 1)],
    ['I64', BigInt64Array.of(-(2n ** 53n), 3n), Float64Array.of(-(2 ** 53), 3)],
    ['U64', BigUint64Array.of(2n ** 53n), Float64Array.of(2 ** 53)],
    // 1, -2, the largest and smallest normal, the largest and smallest subnormal, ±0, ±∞.
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x8001, 0, 0x8000, 0x7c00, 0xfc00),
      Float32Array.of(1, -2, 65504, 2 ** -14, (1023 / 1024) * 2 ** -14, -(2 ** -24), 0, -0, Infinity, -Infinity),
    ],
    ['BF16', Uint16Array.of(0x3f80, 0xc049, 0x0001, 0x7f80), Float32Array.of(1, -3.140625, 2 ** -133, Infinity)],
  ]
  test.each(dtypes)('%s', async (dtype, stored, expected) => {
    const { a } = await readSafetensors(write(one(dtype, [expected.length], bytesOf(stored))))
    expect([a?.shape, a?.data]).toEqual([[expected.length], expected])
  })

  test('NaN of 16 bits', async () => {
    for (const [dtype, bits] of [
      ['F16', 0x7e01],
      ['BF16', 0x7fc1],
    ] as const) {
      expect((await readSafetensors(write(one(dtype, [], bytesOf(Uint16Array.of(bits)))))).a?.item()).toBeNaN()
    }
  })

  test('tensors in any order of names, without elements, without axes, behind a padded header', async () => {
    const header = JSON.stringify({
      b: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
      none: { dtype: 'F32', shape: [0, 5], data_offsets: [8, 8] },
      a: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
      __metadata__: { note: 'ünïcode' },
    })
    const tensors = await readSafetensors(write(safetensorsBytes(`${header}   `, floats(1, 2, 3))))
    expect(Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.toArray()]))).toEqual({
      a: [[1], [2]],
      none: [],
      b: 3,
    })
  })

  test('names that objects have already', async () => {
    const text =
      '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
    const tensors = await readSafetensors(write(safetensorsBytes(text, [7, 8])))
    expect(Object.entries(tensors).map(([name, t]) => [name, [...t.data]])).toEqual([
      ['__proto__', [7]],
      ['constructor', [8]],
    ])
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype)
  })

  test('a file without tensors', async () => {
    expect(await readSafetensors(write(safetensorsBytes({})))).toEqual({})
  })
})

test('writes header, padding and tensors to the byte', async () => {
  const path = join(folder, 'written')
  const tensors = new Map([
    ['w', new Tensor(Float32Array.of(1, -2), [1, 2])],
    ['i', new Tensor(Int32Array.of(-1), [])],
  ])
  await writeSafetensors(path, tensors, new Map([['k', 'v']]))
  const text =
    '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},' +
    '"i":{"dtype":"I32","shape":[],"data_offsets":[8,12]}}'
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8)
  const expected = [0, 0, 0, 0, 0, 0, 0, 0]
  expected[0] = padded.length
  expect([...readFileSync(path)]).toEqual([
    ...expected,
    ...new TextEncoder().encode(padded),
    ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
    ...[255, 255, 255, 255],
  ])
})

describe('refuses, without reading more than the header', () => {
  const entry = (changes: object): object => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...changes })
  const two = (first: readonly number[], second: readonly number[]): unknown => ({
    a: { dtype: 'U8', shape: [(first[1] as number) - (first[0] as number)], data_offsets: first },
    b: { dtype: 'U8', shape: [(second[1] as number) - (second[0] as number)], data_offsets: second },
  })
  const eight = new Uint8Array(8)
  const hostile: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['an empty file', new Uint8Array(0), /0 bytes, too few .*truncated/],
    ['half a length', new Uint8Array(7), /7 bytes, too few .*truncated/],
    ['a header of length 0', safetensorsBytes('', [], 0), /no JSON/],
    ['a header of 2^63 bytes', safetensorsBytes({}, [], 2n ** 63n), /9223372036854775808 bytes, expected at most/],
    ['a header of 2^64 - 1 bytes', safetensorsBytes({}, [], 2n ** 64n - 1n), /expected at most 100000000/],
    ['a header longer than the file', safetensorsBytes({}, [], 1000), /of at least 1008 bytes, got 10: truncated/],
    ['a header that ends early', safetensorsBytes({ a: entry({}) }, eight, 20), /no JSON/],
    ['another kind of file', new TextEncoder().encode('PK\u0003\u0004 a zip file of sorts'), /no safetensors file/],
    ['invalid UTF-8', safetensorsBytes({ a: entry({}) }, eight).fill(0xff, 10, 11), /no JSON/],
    ['a byte order mark', safetensorsBytes('\ufeff{}'), /no JSON/],
    ['a list', safetensorsBytes([]), /header is \[\], expected a JSON object/],
    ['null', safetensorsBytes('null'), /header is null/],
    ['rubbish behind the JSON', safetensorsBytes('{} x'), /no JSON/],
    ['deep nesting', safetensorsBytes(`{"a":${'['.repeat(1e6)}`), /more than 3 brackets deep/],
    ['deep objects', safetensorsBytes(`{"a":${'{"a":'.repeat(1e5)}`), /more than 3 brackets deep/],
    [
      'a tensor twice',
      safetensorsBytes(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /key "a" is there twice/,
    ],
    [
      'a tensor twice, once escaped',
      safetensorsBytes(
        '{"ab":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /key "ab" is there twice/,
    ],
    [
      'a shape twice',
      safetensorsBytes('{"a":{"dtype":"U8","shape":[0],"shape" : [8],"data_offsets":[0,8]}}', eight),
      /key "shape" is there twice/,
    ],
    ['metadata that is no text', safetensorsBytes({ __metadata__: { a: 1 } }), /__metadata__ is/],
    ['metadata that is a list', safetensorsBytes({ __metadata__: ['a'] }), /__metadata__ is/],
    ['a tensor that is a number', safetensorsBytes({ a: 1 }), /tensor "a" is 1/],
    ['a tensor that is null', safetensorsBytes({ a: null }), /tensor "a" is null/],
    ['no dtype', safetensorsBytes({ a: entry({ dtype: undefined }) }, eight), /type undefined/],
    [
      'an unknown dtype',
      safetensorsBytes({ a: entry({ dtype: 'F8_E4M3' }) }, eight),
      /type "F8_E4M3".*it reads F64, F32/,
    ],
    [
      'a dtype that objects have',
      safetensorsBytes({ a: entry({ dtype: 'constructor' }) }, eight),
      /type "constructor"/,
    ],
    [
      'a wrong dtype',
      safetensorsBytes({ a: entry({ dtype: 'F64' }) }, eight),
      /0 to 8, expected 16 bytes for F64 \(2,\)/,
    ],
    ['no shape', safetensorsBytes({ a: entry({ shape: undefined }) }, eight), /shape undefined/],
    ['a negative shape', safetensorsBytes({ a: entry({ shape: [-2] }) }, eight), /shape \[-2\]/],
    ['two negative axes', safetensorsBytes({ a: entry({ shape: [-1, -2] }) }, eight), /shape \[-1, -2\]/],
    ['a fractional shape', safetensorsBytes({ a: entry({ shape: [4, 0.5] }) }, eight), /shape \[4, 0.5\]/],
    ['a text as shape', safetensorsBytes({ a: entry({ shape: ['2'] }) }, eight), /shape \["2"\]/],
    ['a shape beyond 2^53', safetensorsBytes({ a: entry({ shape: [2 ** 53] }) }, eight), /shape \[9007199254740992\]/],
    // 2^64 + 2: in 64-bit arithmetic these are two elements.
    [
      'a product that overflows',
      safetensorsBytes({ a: entry({ shape: [2 ** 32 + 1, 2 ** 32 - 1, 2] }) }, eight),
      /more elements than any file/,
    ],
    [
      '0 · ∞',
      safetensorsBytes({ a: entry({ shape: [...Array(25).fill(2 ** 52), 0] }) }, eight),
      /more elements than any file/,
    ],
    [
      'a million axes',
      safetensorsBytes({ a: entry({ shape: Array(1e6).fill(1) }) }, eight),
      /1000000 axes, expected at most 64/,
    ],
    ['a shape too large', safetensorsBytes({ a: entry({ shape: [3] }) }, eight), /0 to 8, expected 12 bytes/],
    ['a shape too small', safetensorsBytes({ a: entry({ shape: [1] }) }, eight), /0 to 8, expected 4 bytes/],
    ['no offsets', safetensorsBytes({ a: entry({ data_offsets: undefined }) }, eight), /data_offsets undefined/],
    ['one offset', safetensorsBytes({ a: entry({ data_offsets: [8] }) }, eight), /data_offsets \[8\]/],
    ['a negative offset', safetensorsBytes({ a: entry({ data_offsets: [-8, 0] }) }, eight), /data_offsets \[-8, 0\]/],
    [
      'offsets beyond 2^53',
      safetensorsBytes({ a: entry({ data_offsets: [2 ** 60, 2 ** 60 + 8] }) }, eight),
      /data_offsets/,
    ],
    ['offsets backwards', safetensorsBytes({ a: entry({ data_offsets: [8, 0] }) }, eight), /8 to 0, expected 8 bytes/],
    [
      'huge offsets',
      safetensorsBytes({ a: entry({ data_offsets: [2 ** 40, 2 ** 40 + 8] }) }, eight),
      /expected 0.*a hole/,
    ],
    ['a field too many', safetensorsBytes({ a: entry({ sparse: [] }) }, eight), /has "sparse"/],
    ['an overlap', safetensorsBytes(two([0, 5], [4, 8]), eight), /"b" begins at byte 4, expected 5.*overlap/],
    ['the same bytes twice', safetensorsBytes(two([0, 8], [0, 8]), eight), /overlap/],
    ['one within the other', safetensorsBytes(two([0, 8], [2, 4]), eight), /overlap/],
    ['a hole', safetensorsBytes(two([0, 3], [4, 8]), eight), /"b" begins at byte 4, expected 3.*a hole/],
    ['a hole at the start', safetensorsBytes(two([1, 3], [3, 8]), eight), /expected 0.*a hole/],
    [
      'bytes left over',
      safetensorsBytes({ a: entry({}) }, new Uint8Array(9)),
      /take 8 bytes, the file has 9.*oversized/,
    ],
    ['bytes without tensors', safetensorsBytes({}, eight), /take 0 bytes, the file has 8.*oversized/],
    ['bytes missing', safetensorsBytes({ a: entry({}) }, new Uint8Array(7)), /take 8 bytes, the file has 7.*truncated/],
    [
      'a huge tensor',
      safetensorsBytes({ a: entry({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }) }),
      /the file has 0.*truncated/,
    ],
  ]
  test.each(hostile)('%s', async (_name, bytes, message) => {
    const source = sourceOf(bytes)
    const failure = await failureOf(() => readHeader(source))
    expect([failure.code, failure.message.startsWith('memory: ')]).toEqual(['ERR_FILE', true])
    expect(failure.message).toMatch(message)
    expect(source.asked).toBeLessThanOrEqual(bytes.length)
    // As long as an error message should be, whatever the file says.
    expect(failure.message.length).toBeLessThan(400)
  })

  test('a file cut at every byte', async () => {
    const whole = safetensorsBytes(two([0, 5], [5, 8]), eight)
    const reads: number[] = []
    for (let length = 0; length < whole.length; length++) {
      const { code } = await failureOf(() => readHeader(sourceOf(whole.slice(0, length))))
      if (code !== 'ERR_FILE') reads.push(length)
    }
    expect(reads).toEqual([])
  })

  test('any change of bytes is read or refused, within the memory of the file', async () => {
    const whole = safetensorsBytes(
      {
        __metadata__: { format: 'pt' },
        a: entry({ data_offsets: [0, 8] }),
        b: entry({ dtype: 'I64', shape: [], data_offsets: [8, 16] }),
      },
      new Uint8Array(16),
    )
    const change = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 4 }),
        fc.constantFrom(...['9', '-', '"', '{', ']', 'e9', '\\']).map((text) => new TextEncoder().encode(text)),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = whole
        for (const { at, remove, insert } of changes) {
          const start = Math.min(at, bytes.length)
          bytes = Uint8Array.of(...bytes.subarray(0, start), ...insert, ...bytes.subarray(start + remove))
        }
        const source = sourceOf(bytes)
        try {
          const file = await readHeader(source)
          for (const entry of file.entries) await file.readTensor(entry)
        } catch (error) {
          if ((error as { code?: string }).code !== 'ERR_FILE') throw error
        }
        expect(source.asked).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: 500 },
    )
  })
})

describe('names the file that', () => {
  test('is missing', async () => {
    const path = join(folder, 'nowhere.safetensors')
    expect(await failureOf(() => readSafetensors(path))).toEqual({
      code: 'ERR_FILE',
      message: `${path}: cannot be read (no such file or folder)`,
    })
  })

  test('is a folder, or a link to one', async () => {
    const path = join(folder, 'folder')
    mkdirSync(path)
    symlinkSync(path, join(folder, 'link'), 'junction')
    for (const name of [path, join(folder, 'link')]) {
      expect((await failureOf(() => readSafetensors(name))).message).toBe(
        `${name}: cannot be read (it is no regular file)`,
      )
    }
  })

  test('is none', async () => {
    for (const path of [undefined, 5, '', null]) {
      expect((await failureOf(() => readSafetensors(path as string))).code).toBe('ERR_ARGUMENT')
    }
  })
})
