// Writes .npy files and zip archives for tests: bytes as NumPy writes them, with no check at all, so that bad ones can be
// made too.

import { crc32, deflateRawSync } from 'node:zlib'

interface NpyParts {
  readonly descr: string
  readonly shape: readonly number[]
  readonly fortran?: boolean
  readonly version?: number
  readonly header?: string
}

const writers: Readonly<Record<string, (view: DataView, at: number, value: number, little: boolean) => void>> = {
  f8: (view, at, value, little) => view.setFloat64(at, value, little),
  f4: (view, at, value, little) => view.setFloat32(at, value, little),
  // Values are given as bits.
  f2: (view, at, value, little) => view.setUint16(at, value, little),
  i8: (view, at, value, little) => view.setBigInt64(at, BigInt(value), little),
  u8: (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
  i4: (view, at, value, little) => view.setInt32(at, value, little),
  u4: (view, at, value, little) => view.setUint32(at, value, little),
  i2: (view, at, value, little) => view.setInt16(at, value, little),
  u2: (view, at, value, little) => view.setUint16(at, value, little),
  i1: (view, at, value) => view.setInt8(at, value),
  u1: (view, at, value) => view.setUint8(at, value),
  b1: (view, at, value) => view.setUint8(at, value),
}

export function npyBytes(parts: NpyParts, values: readonly number[]): Buffer {
  const { descr, shape, fortran = false, version = 1 } = parts
  const order = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`
  const text =
    parts.header ?? `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${order}), }`
  const start = version === 1 ? 10 : 12
  const padded = `${text}${' '.repeat(63 - ((start + text.length) % 64))}\n`
  const size = Number(descr.slice(2))
  const bytes = Buffer.alloc(start + padded.length + size * values.length)
  bytes.set([0x93, ...Buffer.from('NUMPY'), version, 0])
  if (version === 1) bytes.writeUInt16LE(padded.length, 8)
  else bytes.writeUInt32LE(padded.length, 8)
  bytes.write(padded, start, 'latin1')
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + padded.length)
  for (const [i, value] of values.entries()) writers[descr.slice(1)]?.(view, size * i, value, descr[0] !== '>')
  return bytes
}

export interface ZipFile {
  readonly name: string
  readonly data: Uint8Array
  readonly deflate?: boolean
  readonly method?: number
  readonly flags?: number
  readonly crc?: number
  readonly size?: number
}

export function zipBytes(files: readonly ZipFile[], comment = ''): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, data, deflate = false, method = deflate ? 8 : 0, flags = 0, crc = crc32(data), size } of files) {
    const packed = deflate ? deflateRawSync(data) : data
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(name.length, 26)
    // Extras that the directory does not have, as NumPy's archives do.
    local.writeUInt16LE(20, 28)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(flags, 8)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(crc, 16)
    entry.writeUInt32LE(packed.length, 20)
    entry.writeUInt32LE(size ?? data.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    directory.push(entry, Buffer.from(name))
    parts.push(local, Buffer.from(name), Buffer.alloc(20), Buffer.from(packed))
    at += 50 + name.length + packed.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(at, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, entries, end, Buffer.from(comment)])
}
